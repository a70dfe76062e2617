// What is written to the log, and then synced or not, together. A batch is a value: every place in
// it was decided before, so that it can be written anywhere, by anyone, twice, with the same
// result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/log/place.h"

namespace zex::log {

/// The first record of a segment begins after its header.
inline constexpr std::uint32_t segment_header_size = 64;

/// Whole records that follow each other within one segment. One that begins at segment_header_size
/// begins the segment.
struct Chunk {
    Place begin;
    std::string bytes;
    Place end() const {
        return {begin.segment, begin.offset + static_cast<std::uint32_t>(bytes.size())};
    }
};

struct Batch {
    std::uint64_t number = 0;  ///< 1, 2, 3, … in the life of a broker
    std::vector<Chunk> chunks;
    bool sync = false;  ///< what it holds was promised to be on the disk before it is confirmed
    std::optional<std::uint64_t> sync_within_ms;  ///< where !sync: the shortest promise
    std::uint64_t facts = 0;       ///< facts of the core in the log, up to the end of this batch
    std::uint64_t fact_bytes = 0;  ///< bytes of these

    std::size_t bytes() const;
    Place end() const { return chunks.back().end(); }  ///< requires that it is not empty
};

/// Adds the checksum of each record. Once more does no harm.
void seal(Batch& batch, std::uint64_t log_id);

/// What a `batch` record tells: all before this place was synced when the batch was sealed. A bad
/// record before it is damage, and no torn tail.
std::string synced_body(Place synced);
std::optional<Place> read_synced(std::string_view body);

}  // namespace zex::log
