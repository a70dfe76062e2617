#include "client/unconfirmed.h"

#include <algorithm>

#include "client/call.h"

namespace zex {

void Unconfirmed::add(std::shared_ptr<Batch> batch) {
    deadlines_.emplace(batch->deadline(), batch->first_id);
    batches_.emplace(batch->first_id, std::move(batch));
}

Unconfirmed::Batches::const_iterator Unconfirmed::find(std::uint64_t id) const {
    auto after = batches_.upper_bound(id);
    if (after == batches_.begin()) return batches_.end();
    const auto batch = std::prev(after);
    return id - batch->first < batch->second->size() ? batch : batches_.end();
}

void Unconfirmed::drop(const std::shared_ptr<Batch>& batch) {
    deadlines_.erase({batch->deadline(), batch->first_id});
    batches_.erase(batch->first_id);
}

Progressed Unconfirmed::settle(std::uint64_t first, std::uint64_t count,
                               const Result<Confirmed>& outcome) {
    Progressed progress;
    const std::uint64_t end = count > UINT64_MAX - first ? UINT64_MAX : first + count;
    auto at = batches_.upper_bound(first);
    if (at != batches_.begin()) --at;
    while (at != batches_.end() && at->first < end) {
        const std::shared_ptr<Batch> batch = (at++)->second;
        const std::uint64_t batch_end = batch->first_id + batch->size();
        const std::uint64_t from = std::max(first, batch->first_id);
        const std::uint64_t to = std::min(end, batch_end);
        if (from >= to) continue;
        progress.messages += batch->settle(from - batch->first_id, to - from, outcome);
        if (batch->unsettled() > 0) continue;
        drop(batch);
        progress.whole.push_back(batch);
    }
    return progress;
}

Progressed Unconfirmed::fail_from(std::uint64_t id, const Error& why) {
    const auto batch = find(id);
    if (batch == batches_.end()) return {};
    return settle(id, batch->second->unsettled_from(id - batch->first), why);
}

Progressed Unconfirmed::expire(Instant now) {
    Progressed all;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const std::shared_ptr<Batch> batch = batches_.at(deadlines_.begin()->second);
        const Progressed one =
            settle(batch->first_id, batch->size(), not_answered(batch->timeout(), "publish"));
        all.messages += one.messages;
        all.whole.push_back(batch);
    }
    return all;
}

Progressed Unconfirmed::fail_all(const Error& why) {
    Progressed all;
    while (!batches_.empty()) {
        const std::shared_ptr<Batch> batch = batches_.begin()->second;
        all.messages += settle(batch->first_id, batch->size(), why).messages;
        all.whole.push_back(batch);
    }
    return all;
}

std::optional<Instant> Unconfirmed::next_deadline() const {
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.begin()->first;
}

}  // namespace zex
