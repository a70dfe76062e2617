#include "broker/facts/record.h"

#include <cstring>

#include "broker/facts/encoding.h"

namespace zex::facts {
namespace {

constexpr std::size_t kind_at = 20;
constexpr std::size_t flags_at = 21;
constexpr std::size_t lane_at = 22;
constexpr std::size_t queue_at = 24;
constexpr std::size_t sequence_at = 32;

template <class T>
T number_at(const char* from) {
    T number;
    std::memcpy(&number, from, sizeof number);
    return number;
}

}  // namespace

void put_header(std::string& out, const Header& header) {
    char bytes[header_size] = {};
    std::memcpy(bytes, record_mark.data(), record_mark.size());
    std::memcpy(bytes + checked_from, &header.size, sizeof header.size);
    bytes[kind_at] = static_cast<char>(header.kind);
    bytes[flags_at] = static_cast<char>(header.flags);
    bytes[lane_at] = static_cast<char>(header.lane);
    std::memcpy(bytes + queue_at, &header.queue, sizeof header.queue);
    std::memcpy(bytes + sequence_at, &header.sequence, sizeof header.sequence);
    out.append(bytes, header_size);
}

Header unchecked_header(std::string_view bytes) {
    const char* at = bytes.data();
    Header header;
    header.kind = static_cast<Kind>(static_cast<std::uint8_t>(at[kind_at]));
    header.flags = static_cast<std::uint8_t>(at[flags_at]);
    header.lane = static_cast<std::uint8_t>(at[lane_at]);
    header.size = number_at<std::uint32_t>(at + checked_from);
    header.queue = number_at<std::uint64_t>(at + queue_at);
    header.sequence = number_at<std::uint64_t>(at + sequence_at);
    return header;
}

std::optional<std::vector<SequenceRange>> read_ranges(std::string_view body) {
    if (body.empty() || body.size() % 16 != 0) return std::nullopt;
    std::vector<SequenceRange> ranges;
    ranges.reserve(body.size() / 16);
    Cursor cursor{body};
    while (!cursor.at_end()) {
        const SequenceRange range{cursor.u64(), cursor.u64()};
        if (range.last < range.first) return std::nullopt;
        ranges.push_back(range);
    }
    return ranges;
}

void append_to(std::string& out, const Progress& progress) {
    put(out, progress.next_sequence);
    put(out, progress.offered);
}

std::optional<Progress> read_progress(std::string_view body) {
    Cursor cursor{body};
    const Progress progress{cursor.u64(), cursor.u64()};
    return cursor.good ? std::optional(progress) : std::nullopt;
}

}  // namespace zex::facts
