#include "client/settle_buffer.h"

#include <utility>

namespace zex {

Status SettleBuffer::settle(std::uint64_t generation, wire::TagRange tags, wire::Settlement action,
                            bool up_to) {
    if (guard_.is_child()) return used_in_child();
    bool first = false;
    Status added = add(generation, tags, action, up_to, first);
    if (first) desk_->announce();
    return added;
}

Status SettleBuffer::add(std::uint64_t generation, wire::TagRange tags, wire::Settlement action,
                         bool up_to, bool& first) {
    const std::lock_guard lock(mutex_);
    if (closed_) {
        return error(ErrorCode::client_closed,
                     "the client is closed; the broker delivers the message again to others");
    }
    if (generation != generation_) return {};
    first = groups_.empty();
    const bool joins = !first && !up_to && !groups_.back().up_to && groups_.back().action == action;
    if (!joins) groups_.push_back({action, up_to, {}});
    std::vector<wire::TagRange>& ranges = groups_.back().tags;
    if (!ranges.empty() && ranges.back().last + 1 == tags.first) {
        ranges.back().last = tags.last;
    } else {
        ranges.push_back(tags);
    }
    if (first) desk_->put(shared_from_this());
    return {};
}

std::vector<SettleBuffer::Group> SettleBuffer::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(groups_, {});
}

void SettleBuffer::new_generation(std::uint64_t generation) {
    const std::lock_guard lock(mutex_);
    generation_ = generation;
    groups_.clear();
}

void SettleBuffer::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    groups_.clear();
}

}  // namespace zex
