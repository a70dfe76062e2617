// The small fixed structures of a data directory, and the names of its files: docs/storage.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/log/batch.h"

namespace zex::store {

/// Written. Version 1, whose messages have no times and whose log has no `batch` records, is read.
inline constexpr std::uint32_t format_version = 2;

inline constexpr std::string_view lock_name = "lock";
inline constexpr std::string_view identity_name = "identity";
inline constexpr std::string_view new_identity_name = "identity.new";
inline constexpr std::string_view mark_name = "confirmed";
inline constexpr std::string_view log_name = "log";
inline constexpr std::string_view cut_name = "cut.new";
inline constexpr std::string_view unfinished_name = "unfinished-backup";

std::string segment_name(std::uint32_t number);                      ///< "0000002a.seg"
std::optional<std::uint32_t> segment_number(std::string_view name);  ///< of "0000002a.seg": 42
std::string reserve_name(std::size_t index);                         ///< "reserve-0"
bool is_reserve_name(std::string_view name);

/// A block of these bytes ends with its checksum. The files `identity` and `confirmed` hold two,
/// so far from each other that one bad page leaves one of them.
inline constexpr std::size_t block_size = 64;
inline constexpr std::size_t second_block_at = 4096;
inline constexpr std::size_t two_blocks_size = second_block_at + block_size;

/// Whose data it is. Two equal blocks.
struct Identity {
    std::uint32_t version = format_version;
    std::uint64_t log_id = 0;  ///< random; mixed into the checksum of each record
};

/// How far the log was synced. Two blocks, written in turn: the one with the higher count holds.
struct Mark {
    std::uint64_t count = 0;
    std::uint64_t log_id = 0;
    std::uint32_t first = 1;    ///< segments with lower numbers were removed
    std::uint32_t segment = 0;  ///< the last one that was begun
    std::uint64_t offset = 0;   ///< what is before it there, and all segments before, is synced
};

/// What a segment begins with.
struct SegmentHeader {
    std::uint32_t version = format_version;
    std::uint32_t number = 0;
    std::uint64_t log_id = 0;
    std::uint64_t previous_end =
        0;  ///< bytes that count in the segment before it; 0: there is none
};
static_assert(block_size == log::segment_header_size);

std::string to_block(const Identity& identity);
std::string to_block(const Mark& mark);
std::string to_block(const SegmentHeader& header);

// Nothing where the block is not as it was written, or is of another structure. A block of a newer
// version is read as far as its version.
std::optional<Identity> read_identity(std::string_view block);
std::optional<Mark> read_mark(std::string_view block);
std::optional<SegmentHeader> read_segment_header(std::string_view block);

}  // namespace zex::store
