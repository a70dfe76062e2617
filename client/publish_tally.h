// What became of the messages of one Publisher, counted by ranges: a thousand confirms cost as much
// as one.
//
// Thread: issue() under the outbox's mutex; settle() on the socket thread; the rest from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <zex/client.hpp>

namespace zex {

class PublishTally : public std::enable_shared_from_this<PublishTally> {
  public:
    /// The number of the next message: 1, 2, …
    std::uint64_t issue() { return published_.fetch_add(1, std::memory_order_relaxed) + 1; }

    /// Messages first .. first+count-1 have this outcome. Each message once.
    void settle(std::uint64_t first, std::uint64_t count, const Result<Confirmed>& outcome);

    std::uint64_t published() const { return published_.load(std::memory_order_relaxed); }
    PublishCounts counts() const;
    std::vector<PublishFailure> take_failures();

    /// Until everything published before now is settled. False at the deadline.
    bool wait(std::chrono::steady_clock::time_point deadline);

  private:
    static constexpr std::size_t failures_kept = 1000;

    std::atomic<std::uint64_t> published_{0};
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    PublishCounts counts_;
    std::vector<PublishFailure> failures_;
};

}  // namespace zex
