#include "broker/log/segments.h"

#include <algorithm>

#include "common/base/check.h"

namespace zex::log {
namespace {

/// A log of so many segments, and more than so many for each full one's worth of what counts, has
/// the oldest merged into one: each restart begins a new one.
constexpr std::uint64_t segments_allowed = 16;
constexpr std::uint64_t segments_per_full = 4;

}  // namespace

Segments::Segment& Segments::at(std::uint32_t number) {
    if (recent_ == nullptr || recent_number_ != number) {
        recent_ = &segments_[number];
        recent_number_ = number;
    }
    return *recent_;
}

void Segments::let_go(Place place) {
    Segment& segment = at(place.segment);
    ZEX_CHECK(segment.live > 0);
    --segment.live;
}

void Segments::removed(std::uint32_t number) {
    segments_.erase(number);
    recent_ = nullptr;
}

std::optional<std::uint32_t> Segments::to_compact(std::uint32_t open) const {
    if (segments_.empty() || segments_.begin()->first >= open) return std::nullopt;
    const auto& [number, oldest] = *segments_.begin();
    if (oldest.is_dead()) return number;
    const std::uint64_t all = bytes();
    const std::uint64_t garbage = all - std::min(all, live_bytes());
    if (garbage > std::max(garbage_allowed(), segment_bytes_)) return number;
    const std::uint64_t full = all / segment_bytes_;
    if (segments_.size() > segments_allowed + segments_per_full * full) return number;
    return std::nullopt;
}

/// As much as there are messages. What is declared takes twice its size even where there is no
/// garbage, and is to take three times of it at most.
std::uint64_t Segments::garbage_allowed() const {
    std::uint64_t sum = 0;
    for (const auto& [number, segment] : segments_) {
        sum += segment.live_bytes() - segment.topology_bytes + segment.topology_bytes * 7 / 16;
    }
    return sum;
}

const Segments::Segment* Segments::find(std::uint32_t number) const {
    const auto found = segments_.find(number);
    return found == segments_.end() ? nullptr : &found->second;
}

std::uint64_t Segments::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [number, segment] : segments_) sum += segment.bytes;
    return sum;
}

std::uint64_t Segments::live_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [number, segment] : segments_) sum += segment.live_bytes();
    return sum;
}

}  // namespace zex::log
