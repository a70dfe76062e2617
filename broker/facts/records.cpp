#include "broker/facts/records.h"

#include <algorithm>

#include "broker/facts/encoding.h"
#include "common/base/check.h"

namespace zex::facts {

void Records::raw(const Header& header, std::string_view body) {
    ZEX_CHECK(header.size == header_size + body.size());
    put_header(bytes_, header);
    bytes_ += body;
    ++count_;
}

void Records::add_message(Kind kind, std::uint64_t queue, std::uint64_t sequence,
                          std::uint8_t flags, const StoredMessage& message) {
    Header header{kind, static_cast<std::uint8_t>(flags | message.flags()), 0, 0, queue, sequence};
    header.size = static_cast<std::uint32_t>(header_size + message.encoded_size());
    put_header(bytes_, header);
    message.append_to(bytes_);
    ++count_;
}

void Records::settled(std::uint64_t queue, std::span<const SequenceRange> ranges) {
    ZEX_CHECK(!ranges.empty());
    Header header{Kind::settled, 0, 0, 0, queue, ranges.front().first};
    header.size = static_cast<std::uint32_t>(header_size + ranges.size() * 16);
    put_header(bytes_, header);
    for (const SequenceRange& range : ranges) {
        put(bytes_, range.first);
        put(bytes_, range.last);
    }
    ++count_;
}

void Records::offered(std::uint64_t queue, std::uint64_t before) {
    raw({Kind::offered, 0, 0, header_size, queue, before}, {});
}

void Records::progress(std::uint64_t queue, const Progress& progress) {
    std::string body;
    append_to(body, progress);
    const auto size = static_cast<std::uint32_t>(header_size + body.size());
    raw({Kind::progress, 0, 0, size, queue, progress.next_sequence}, body);
}

void Records::topology(std::span<const TopologyChange> changes) {
    std::string body;
    for (const TopologyChange& change : changes) append_to(body, change);
    raw_topology(body);
}

void Records::raw_topology(std::string_view changes) {
    const auto size = static_cast<std::uint32_t>(header_size + changes.size());
    raw({Kind::topology, 0, 0, size, 0, 0}, changes);
}

void Records::promise_sync_within(std::uint64_t milliseconds) {
    sync_within_ms_ = std::min(sync_within_ms_.value_or(milliseconds), milliseconds);
}

void Records::append(const Records& other) {
    bytes_ += other.bytes_;
    count_ += other.count_;
    sync_ = sync_ || other.sync_;
    if (other.sync_within_ms_) promise_sync_within(*other.sync_within_ms_);
}

void Records::clear() {
    bytes_.clear();
    count_ = 0;
    sync_ = false;
    sync_within_ms_.reset();
}

}  // namespace zex::facts
