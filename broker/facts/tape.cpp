#include "broker/facts/tape.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace zex::facts {

std::size_t Batch::bytes() const {
    std::size_t sum = 0;
    for (const Piece& piece : pieces) sum += piece.bytes.size();
    return sum;
}

std::string& Tape::begin_record(const Header& header) {
    const bool fresh = end_.offset == segment_header_size;
    const bool fits = std::uint64_t{end_.offset} + header.size <= bounds_.segment_bytes;
    if (!fresh && !fits) end_ = {end_.segment + 1, segment_header_size};
    if (open_.pieces.empty() || open_.pieces.back().begin.segment != end_.segment) {
        open_.pieces.push_back({end_, {}});
        open_.pieces.back().bytes.reserve(last_piece_bytes_);
    }
    std::string& out = open_.pieces.back().bytes;
    put_header(out, header);
    end_.offset += header.size;
    total_bytes_ += header.size;
    return out;
}

Place Tape::add_message(Kind kind, std::uint64_t queue, std::uint64_t sequence, std::uint8_t flags,
                        const StoredMessage& message) {
    const auto size = static_cast<std::uint32_t>(header_size + message.encoded_size());
    message.append_to(begin_record({kind, flags, size, queue, sequence}));
    return {end_.segment, end_.offset - size};
}

Place Tape::settled(std::uint64_t queue, std::span<const SequenceRange> ranges) {
    ZEX_CHECK(!ranges.empty());
    const auto size = static_cast<std::uint32_t>(header_size + ranges.size() * 16);
    std::string& out = begin_record({Kind::settled, 0, size, queue, ranges.front().first});
    for (const SequenceRange& range : ranges) {
        put(out, range.first);
        put(out, range.last);
    }
    return {end_.segment, end_.offset - size};
}

Place Tape::offered(std::uint64_t queue, std::uint64_t before) {
    begin_record({Kind::offered, 0, header_size, queue, before});
    return {end_.segment, end_.offset - static_cast<std::uint32_t>(header_size)};
}

Place Tape::topology(std::span<const TopologyChange> changes) {
    std::string body;
    for (const TopologyChange& change : changes) append_to(body, change);
    const auto size = static_cast<std::uint32_t>(header_size + body.size());
    begin_record({Kind::topology, 0, size, 0, 0}) += body;
    const Place first{end_.segment, end_.offset - size};
    begin_record({Kind::topology, 0, size, 0, 0}) += body;
    return first;
}

void Tape::promise_sync_within(std::uint64_t milliseconds) {
    open_.sync_within_ms = std::min(open_.sync_within_ms.value_or(milliseconds), milliseconds);
}

Batch Tape::take() {
    const std::uint64_t next = open_.number + 1;
    if (!open_.pieces.empty()) last_piece_bytes_ = open_.pieces.back().bytes.size();
    open_.tape_bytes = total_bytes_;
    return std::exchange(open_, Batch{next, {}, false, {}, 0});
}

std::optional<std::vector<SequenceRange>> read_ranges(std::string_view body) {
    if (body.empty() || body.size() % 16 != 0) return std::nullopt;
    std::vector<SequenceRange> ranges;
    Cursor cursor{body};
    while (!cursor.rest.empty()) {
        const SequenceRange range{cursor.u64(), cursor.u64()};
        if (range.last < range.first) return std::nullopt;
        ranges.push_back(range);
    }
    return ranges;
}

}  // namespace zex::facts
