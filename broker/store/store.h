// The durable store: the dock at which the broker's facts come to rest. It holds records at the
// places that facts::Tape decided, gives them back, and after a restart tells what they add up to.
// Two stores pass its contract (tests/store/contract.test.cpp): LogStore and MemoryStore.
//
// Thread: one at a time; nothing here waits for anything but the disk.
// Errors: disk_full: nothing was confirmed, the same call may be made again. storage_failed: the
//   store takes nothing any more and every later call says so; what was confirmed is on the disk,
//   what was not may be or not. A sync that failed is never tried again, because Linux then drops
//   the dirty pages and the next sync succeeds without them (fsync(2); Rebello et al., "Can
//   Applications Recover from fsync Failures?", USENIX ATC 2020).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "broker/facts/record.h"
#include "broker/facts/tape.h"
#include "broker/store/recovered.h"
#include "common/base/bytes.h"

namespace zex::store {

/// A record as it was written, or why it is not to be had.
struct StoredRecord {
    facts::Place place;
    facts::Header header;  ///< good where there is no damage
    Slice body;            ///< of the block of one read, at most `read_bytes_max` or one record
    std::optional<Damage> damage;  ///< never bytes with it
};

/// A block of a read holds at most so many bytes, or one record that is larger.
inline constexpr std::size_t read_bytes_max = 256 << 10;

/// Records of a segment, in order; a damaged stretch stands as one that has `damage`.
struct SegmentPiece {
    std::vector<StoredRecord> records;
    facts::Place next;  ///< to go on with; nowhere at the end of the segment
};

/// Room that was set aside on the disk.
struct Reserve {
    std::size_t segments = 0;  ///< that can be begun without asking the disk for room
    std::size_t wanted = 0;
    bool complete() const { return segments >= wanted; }
};

struct Verified {
    Recovered found;  ///< as recovery would find it now
    bool good() const { return !found.damaged(); }
};

class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// The first call, and made once: reads everything and begins a new segment. After an error
    /// (data_in_use, data_foreign, data_too_new, data_damaged, disk_full, storage_failed: all say
    /// the way out) the store is of no use; make another one to try again.
    virtual Result<Recovered> recover(const Progress& progress) = 0;

    /// Seals the records and writes them where they belong; batches follow each other as the tape
    /// gave them. Syncs once, with all that was written before, if one of the batches asks for it.
    /// After an error that may be retried, give it the same batches again.
    virtual Status write(std::span<facts::Batch> batches) = 0;
    /// All that was written is on the disk.
    virtual Status sync() = 0;

    virtual facts::Place written() const = 0;  ///< behind the last record written
    virtual facts::Place synced() const = 0;   ///< behind the last record synced

    /// Sets room aside for the next segments, as far as it is not there; quick where it is.
    /// disk_full tells in advance what write() would run into. Call it after write().
    virtual Status reserve() = 0;
    virtual Reserve reserved() const = 0;
    virtual Result<std::uint64_t> free_bytes() const = 0;  ///< of the file system, for us

    /// Messages for consumers: an answer for each place, in the order asked. Neighbours come in one
    /// read. Each checksum is checked, and the kind is `enqueued` or `kept`.
    virtual std::vector<StoredRecord> read(std::span<const facts::Place> places) = 0;

    /// All records of a segment that is complete, for cleaning: from `from` (offset 0 or
    /// facts::segment_header_size to begin) until the bodies come to `bytes_max`.
    virtual Result<SegmentPiece> read_segment(facts::Place from, std::size_t bytes_max) = 0;
    /// Removes the segments whose number is less. What they held that is still needed was written
    /// anew and synced before. Never the one that is written to.
    virtual Status remove_before(std::uint32_t segment) = 0;

    /// A copy of all that is synced, in a directory that is new or empty. Starting a broker on the
    /// copy restores it. Uses hard links, so a copy on the same file system takes little room.
    virtual Status backup(const std::string& directory) = 0;
    /// Reads all that is synced and checks it.
    virtual Result<Verified> verify(const Progress& progress) = 0;
};

}  // namespace zex::store
