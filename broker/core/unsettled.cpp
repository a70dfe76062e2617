#include "broker/core/unsettled.h"

#include <algorithm>
#include <utility>

namespace zex::core {
namespace {

/// The window may be this many times as long as what is held, and a little more.
constexpr std::uint64_t sparse = 4;
constexpr std::uint64_t window_least = 64;

}  // namespace

std::uint64_t UnsettledDeliveries::add(Message message, QueueId queue, Instant now) {
    const std::uint64_t tag = next_tag();
    ++count_;
    bytes_ += message.bytes();
    window_.emplace_back(Unsettled{std::move(message), queue, now});
    return tag;
}

std::optional<Unsettled> UnsettledDeliveries::take(std::uint64_t tag) {
    if (is_future(tag)) return std::nullopt;
    auto taken = tag < window_first_ ? take_from_old(tag) : take_from_window(tag);
    if (!taken) return std::nullopt;
    --count_;
    bytes_ -= taken->message.bytes();
    trim();
    return taken;
}

std::optional<Unsettled> UnsettledDeliveries::take_from_window(std::uint64_t tag) {
    return std::exchange(window_[tag - window_first_], std::nullopt);
}

std::optional<Unsettled> UnsettledDeliveries::take_from_old(std::uint64_t tag) {
    auto node = old_.extract(tag);
    return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
}

std::optional<std::uint64_t> UnsettledDeliveries::next_held(std::uint64_t from,
                                                            std::uint64_t last) const {
    if (const auto old = old_.lower_bound(from); old != old_.end()) {
        return old->first <= last ? std::optional(old->first) : std::nullopt;
    }
    const std::uint64_t end = last < next_tag() ? last + 1 : next_tag();
    for (std::uint64_t tag = std::max(from, window_first_); tag < end; ++tag) {
        if (window_[tag - window_first_]) return tag;
    }
    return std::nullopt;
}

std::vector<Unsettled> UnsettledDeliveries::take_all() {
    std::vector<Unsettled> all;
    all.reserve(count_);
    for (auto& [tag, held] : old_) all.push_back(std::move(held));
    for (std::optional<Unsettled>& held : window_) {
        if (held) all.push_back(std::move(*held));
    }
    window_first_ = next_tag();
    epoch_first_ = window_first_;
    old_.clear();
    window_.clear();
    count_ = 0;
    bytes_ = 0;
    return all;
}

std::optional<Instant> UnsettledDeliveries::oldest() const {
    if (!old_.empty()) return old_.begin()->second.since;
    return window_.empty() ? std::nullopt : std::optional(window_.front()->since);
}

void UnsettledDeliveries::trim() {
    while (!window_.empty()) {
        if (window_.front()) {
            if (window_.size() <= sparse * count_ + window_least) return;
            old_.emplace_hint(old_.end(), window_first_, std::move(*window_.front()));
        }
        window_.pop_front();
        ++window_first_;
    }
}

}  // namespace zex::core
