#include "broker/store/log_files.h"

#include <charconv>
#include <cstdio>

#include "broker/facts/encoding.h"
#include "broker/log/sealing.h"
#include "common/base/check.h"

namespace zex::store {
namespace {

constexpr std::string_view identity_magic{"\xF5zexdata", 8};
constexpr std::string_view mark_magic{"\xF5zexmark", 8};
constexpr std::string_view segment_magic{"\xF5zexsegm", 8};
constexpr std::size_t magic_size = 8;
constexpr std::size_t checksum_at = block_size - 8;

std::string closed(std::string block) {
    ZEX_CHECK(block.size() <= checksum_at);
    block.resize(checksum_at, '\0');
    facts::put(block, log::checksum_of(block));
    return block;
}

/// What stands between magic and checksum.
std::optional<facts::Cursor> opened(std::string_view block, std::string_view magic) {
    if (block.size() < block_size || !block.starts_with(magic)) return std::nullopt;
    facts::Cursor sum{block.substr(checksum_at, 8)};
    if (sum.u64() != log::checksum_of(block.substr(0, checksum_at))) return std::nullopt;
    return facts::Cursor{block.substr(magic_size, checksum_at - magic_size)};
}

}  // namespace

std::string segment_name(std::uint32_t number) {
    char name[16];
    std::snprintf(name, sizeof name, "%08x.seg", static_cast<unsigned>(number));
    return name;
}

std::optional<std::uint32_t> segment_number(std::string_view name) {
    if (name.size() != 12 || !name.ends_with(".seg")) return std::nullopt;
    std::uint32_t number = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + 8, number, 16);
    if (wrong != std::errc() || end != name.data() + 8 || number == 0) return std::nullopt;
    return number;
}

std::string reserve_name(std::size_t index) {
    return "reserve-" + std::to_string(index);
}

bool is_reserve_name(std::string_view name) {
    return name.starts_with("reserve-");
}

std::string to_block(const Identity& identity) {
    std::string block(identity_magic);
    facts::put(block, identity.version);
    facts::put(block, std::uint32_t{0});
    facts::put(block, identity.log_id);
    return closed(std::move(block));
}

std::optional<Identity> read_identity(std::string_view block) {
    auto from = opened(block, identity_magic);
    if (!from) return std::nullopt;
    Identity identity;
    identity.version = from->u32();
    from->u32();
    identity.log_id = from->u64();
    return identity;
}

std::string to_block(const Mark& mark) {
    std::string block(mark_magic);
    facts::put(block, mark.count);
    facts::put(block, mark.log_id);
    facts::put(block, mark.first);
    facts::put(block, mark.segment);
    facts::put(block, mark.offset);
    return closed(std::move(block));
}

std::optional<Mark> read_mark(std::string_view block) {
    auto from = opened(block, mark_magic);
    if (!from) return std::nullopt;
    Mark mark;
    mark.count = from->u64();
    mark.log_id = from->u64();
    mark.first = from->u32();
    mark.segment = from->u32();
    mark.offset = from->u64();
    return mark;
}

std::string to_block(const SegmentHeader& header) {
    std::string block(segment_magic);
    facts::put(block, header.version);
    facts::put(block, header.number);
    facts::put(block, header.log_id);
    facts::put(block, header.previous_end);
    return closed(std::move(block));
}

std::optional<SegmentHeader> read_segment_header(std::string_view block) {
    auto from = opened(block, segment_magic);
    if (!from) return std::nullopt;
    SegmentHeader header;
    header.version = from->u32();
    header.number = from->u32();
    header.log_id = from->u64();
    header.previous_end = from->u64();
    return header;
}

}  // namespace zex::store
