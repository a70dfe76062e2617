#include "broker/core/unsettled.h"

#include <algorithm>
#include <utility>

namespace zex::core {
namespace {

/// The window may be this many times as long as what is held, and a little more.
constexpr std::uint64_t sparse = 4;
constexpr std::uint64_t window_least = 64;

}  // namespace

void UnsettledDeliveries::add(std::uint64_t tag, Message message, QueueId queue, Instant now) {
    ++count_;
    bytes_ += message.bytes();
    window_.push_back({tag, Unsettled{std::move(message), queue, now}});
}

// Without gaps a tag's distance from the first one is its place; with gaps it lies before that.
std::size_t UnsettledDeliveries::place_of(std::uint64_t tag) const {
    if (window_.empty() || tag <= window_.front().tag) return 0;
    const std::uint64_t distance = tag - window_.front().tag;
    std::size_t end = window_.size();
    if (distance < end) {
        if (window_[distance].tag == tag) return distance;
        end = distance;
    }
    const auto found = std::lower_bound(
        window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(end), tag,
        [](const Place& place, std::uint64_t wanted) { return place.tag < wanted; });
    return static_cast<std::size_t>(found - window_.begin());
}

std::optional<Unsettled> UnsettledDeliveries::take(std::uint64_t tag) {
    const bool is_old = window_.empty() || tag < window_.front().tag;
    auto taken = is_old ? take_from_old(tag) : take_from_window(tag);
    if (!taken) return std::nullopt;
    --count_;
    bytes_ -= taken->message.bytes();
    trim();
    return taken;
}

std::optional<Unsettled> UnsettledDeliveries::take_from_window(std::uint64_t tag) {
    const std::size_t place = place_of(tag);
    if (place == window_.size() || window_[place].tag != tag) return std::nullopt;
    return std::exchange(window_[place].held, std::nullopt);
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
    for (std::size_t place = place_of(from); place < window_.size(); ++place) {
        if (window_[place].tag > last) break;
        if (window_[place].held) return window_[place].tag;
    }
    return std::nullopt;
}

std::vector<Unsettled> UnsettledDeliveries::take_all() {
    std::vector<Unsettled> all;
    all.reserve(count_);
    for (auto& [tag, held] : old_) all.push_back(std::move(held));
    for (Place& place : window_) {
        if (place.held) all.push_back(std::move(*place.held));
    }
    old_.clear();
    window_.clear();
    count_ = 0;
    bytes_ = 0;
    return all;
}

std::vector<Unsettled> UnsettledDeliveries::take_of(QueueId queue) {
    std::vector<std::uint64_t> tags;
    for (const auto& [tag, held] : old_) {
        if (held.queue == queue) tags.push_back(tag);
    }
    for (const Place& place : window_) {
        if (place.held && place.held->queue == queue) tags.push_back(place.tag);
    }
    std::vector<Unsettled> taken;
    taken.reserve(tags.size());
    for (const std::uint64_t tag : tags) taken.push_back(*take(tag));
    return taken;
}

std::optional<Instant> UnsettledDeliveries::oldest() const {
    if (!old_.empty()) return old_.begin()->second.since;
    return window_.empty() ? std::nullopt : std::optional(window_.front().held->since);
}

void UnsettledDeliveries::trim() {
    while (!window_.empty()) {
        Place& first = window_.front();
        if (first.held) {
            if (window_.size() <= sparse * count_ + window_least) return;
            old_.emplace_hint(old_.end(), first.tag, std::move(*first.held));
        }
        window_.pop_front();
    }
}

}  // namespace zex::core
