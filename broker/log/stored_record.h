// Records as they are read back from the log.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "broker/facts/record.h"
#include "broker/log/place.h"
#include "broker/log/recovered.h"
#include "common/base/bytes.h"

namespace zex::log {

/// A record as it was written, or what is wrong with its bytes. A call that failed is neither: it
/// says nothing about them.
struct StoredRecord {
    Place place;
    facts::Header header;  ///< good where there is no damage
    Slice body;            ///< of the block of one read, at most `read_bytes_max` or one record
    std::optional<Damage> damage;  ///< never bytes with it
};

/// A block of a read holds at most so many bytes, or one record that is larger.
inline constexpr std::size_t read_bytes_max = 256 << 10;

/// Records of a segment, in order. A damaged stretch stands as one that has `damage`.
struct SegmentPiece {
    std::vector<StoredRecord> records;
    Place next;  ///< to go on with; nowhere at the end of the segment
};

}  // namespace zex::log
