#include "client/publish_tally.h"

#include <utility>

namespace zex {

void PublishTally::settle(std::uint64_t first, std::uint64_t count,
                          const Result<Confirmed>& outcome) {
    const std::lock_guard lock(mutex_);
    if (outcome) {
        counts_.confirmed += count;
        if (outcome->queues == 0) counts_.unroutable += count;
    } else {
        counts_.failed += count;
        if (failures_.size() < failures_kept) failures_.push_back({first, count, outcome.error()});
    }
    changed_.notify_all();
}

PublishCounts PublishTally::counts() const {
    const std::lock_guard lock(mutex_);
    PublishCounts counts = counts_;
    counts.published = published();
    return counts;
}

std::vector<PublishFailure> PublishTally::take_failures() {
    const std::lock_guard lock(mutex_);
    return std::exchange(failures_, {});
}

bool PublishTally::wait(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    const std::uint64_t goal = published();
    return changed_.wait_until(lock, deadline,
                               [&] { return counts_.confirmed + counts_.failed >= goal; });
}

}  // namespace zex
