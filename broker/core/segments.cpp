#include "broker/core/segments.h"

#include "common/base/check.h"

namespace zex::core {
namespace {

std::uint64_t garbage_of(const Segments::Segment& segment) {
    if (segment.messages == 0) return 0;
    return segment.bytes / segment.messages * (segment.messages - segment.live);
}

}  // namespace

void Segments::wrote(facts::Place place, std::uint64_t bytes) {
    segments_[place.segment].bytes += bytes;
}

void Segments::wrote_message(facts::Place place, std::uint64_t bytes) {
    Segment& segment = segments_[place.segment];
    segment.bytes += bytes;
    ++segment.messages;
    ++segment.live;
}

void Segments::wrote_topology(facts::Place place, std::uint64_t bytes) {
    Segment& segment = segments_[place.segment];
    segment.bytes += bytes;
    segment.topology = true;
}

void Segments::let_go(facts::Place place) {
    const auto found = segments_.find(place.segment);
    ZEX_CHECK(found != segments_.end() && found->second.live > 0);
    --found->second.live;
}

std::optional<std::uint32_t> Segments::to_clean(std::uint32_t current) const {
    if (segments_.empty() || segments_.begin()->first >= current) return std::nullopt;
    const auto& [number, oldest] = *segments_.begin();
    if (oldest.live == 0) return number;
    const std::uint64_t dead = garbage();
    if (dead < garbage_allowed || dead < bytes() / 2) return std::nullopt;
    return number;
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

std::uint64_t Segments::garbage() const {
    std::uint64_t sum = 0;
    for (const auto& [number, segment] : segments_) sum += garbage_of(segment);
    return sum;
}

}  // namespace zex::core
