// The durable store: the dock at which the broker's facts come to rest. It writes batches at the
// places that broker/log decided, gives records back by place, and after a restart tells what they
// add up to. LogStore and MemoryStore pass its contract (tests/store/contract.test.cpp).
//
// Thread: one at a time; nothing here waits for anything but the disk.
//
// Errors. Where error.may_retry() the fault may pass: nothing was confirmed or lost by it, and the
// same call may be made again.
//   disk_full       there is no room now
//   disk_error      a call of the system failed (EIO of a read, EMFILE, ENOMEM, ENOENT, …); it says
//                   nothing about what is on the disk
// All others are final: every later call that writes says the same, and reading goes on.
//   storage_failed  the disk did not keep what it was given. What was confirmed is on the disk,
//                   what was not may be or not. A sync that failed is never tried again, because
//                   Linux then drops the dirty pages and the next sync succeeds without them
//                   (fsync(2); Rebello et al., "Can Applications Recover from fsync Failures?",
//                   USENIX ATC 2020).
//   not_leader      another holder of the log writes now
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "broker/log/batch.h"
#include "broker/log/place.h"
#include "broker/log/recovered.h"
#include "broker/log/stored_record.h"

namespace zex::store {

/// Room on the disk.
struct Space {
    std::uint64_t free_bytes = 0;  ///< of the file system, for us
    std::uint64_t used_bytes = 0;  ///< that the data directory takes, with what is set aside
    std::size_t reserved = 0;      ///< segments that can be begun without asking the disk for room
    std::size_t reserve_wanted = 0;
    bool is_reserve_complete() const { return reserved >= reserve_wanted; }
};

class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// The first call: reads everything, and syncs it before anybody builds on it. After an error
    /// (also data_in_use, data_foreign, data_too_new, data_damaged: all say the way out) it may be
    /// made again.
    virtual Result<log::Recovered> recover(const log::Progress& progress) = 0;

    // All that follows requires that recover() was good.

    /// For log::seal(). Changes with adopt() only.
    virtual std::uint64_t log_id() const = 0;

    /// Writes sealed batches, which follow each other from written() on; what is there already is
    /// passed over. Syncs once, with all that was written before, if one of them asks for it.
    virtual Status write(std::span<const log::Batch> batches) = 0;
    /// All that was written is on the disk.
    virtual Status sync() = 0;

    virtual log::Place written() const = 0;  ///< behind the last record written
    virtual log::Place synced() const = 0;   ///< behind the last record synced

    /// Messages for consumers: an answer for each place, in the order asked. Neighbours come in one
    /// read. Bytes that are no message there, read twice, are `damage`. An error says nothing about
    /// any of the records.
    virtual Result<std::vector<log::StoredRecord>> read(std::span<const log::Place> places) = 0;

    /// All records of a segment, of whatever kind, for compaction: from `from` (offset
    /// log::segment_header_size to begin) until the bodies come to `bytes_max`. Errors as read().
    virtual Result<log::SegmentPiece> read_segment(log::Place from, std::size_t bytes_max) = 0;

    /// Removes the segments whose number is less. What they held that is still needed was written
    /// again and synced before. Never the one that is written to. Again does no harm.
    virtual Status remove_before(std::uint32_t segment) = 0;
    /// Drops all behind `place`, which is the end of a record that is there, and goes on writing
    /// there: for a holder of the log that had more than its leader. After an error it is to be
    /// made again before any other call that writes.
    virtual Status cut(log::Place place) = 0;
    /// The log takes another's id. Requires that nothing was ever written to it.
    virtual Status adopt(std::uint64_t log_id) = 0;

    virtual Result<Space> space() = 0;
    /// Sets room aside for the next segments, as far as it is not there; quick where it is.
    /// disk_full tells in advance what write() would run into. Call it after write().
    virtual Status reserve() = 0;
    /// Syncs, and gives the room that was set aside and never written back to the disk: at a clean
    /// stop. Writing may go on.
    virtual Status give_back() = 0;

    /// A copy of all that is synced, in a directory that is new or empty. Starting a broker on the
    /// copy restores it. Uses hard links, so a copy on the same file system takes little room.
    /// After an error the directory is refused as unfinished by everyone; take another one.
    virtual Status backup(const std::string& directory) = 0;
};

}  // namespace zex::store
