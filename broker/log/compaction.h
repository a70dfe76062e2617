// Emptying the oldest segment: what counts in it is written again at the end of the log, and when
// that is stored the segment goes. A piece of the segment at a time, each waiting for the one
// before, so that no turn is long and nothing piles up.
//
// It reads the segment from the disk and asks the index of each record whether it counts, so it
// costs the segment, however many messages there are.
//
// Thread: the broker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "broker/facts/records.h"
#include "broker/log/batch.h"
#include "broker/log/index.h"
#include "broker/log/place.h"
#include "broker/log/stored_record.h"
#include "broker/log/twins.h"

namespace zex::log {

/// Read records from here on, up to so many bytes of bodies, and report segment_read().
struct ReadSegment {
    Place from;
    std::size_t bytes_max = 0;
};
/// Remove all segments before this one, and report segment_removed().
struct RemoveBefore {
    std::uint32_t segment = 0;
};
/// Sync what is written, and report it as written().
struct SyncLog {};
using CompactionJob = std::variant<ReadSegment, RemoveBefore, SyncLog>;

/// Where the log stands.
struct LogEnd {
    Place end;     ///< of all records that were placed
    Place synced;  ///< all before it is on the disk
};

/// Records that counted and cannot be read: their checksum is wrong.
struct FoundDamage {
    /// Sequences by queue.
    std::vector<std::pair<std::uint64_t, std::vector<std::uint64_t>>> messages;
    bool topology = false;  ///< something declared: all that is declared is to be written again
};

class Compaction {
  public:
    /// The next thing for the store to do; appends what must be written before.
    std::optional<CompactionJob> next(Index& index, const LogEnd& log, facts::Records& out);
    /// Writes again what counts of a piece.
    void read(Index& index, const SegmentPiece& piece, facts::Records& out);
    /// The segment is gone; gives its number.
    std::uint32_t removed();

    /// Nothing goes on before this batch is stored; 0: nothing to wait for.
    std::uint64_t awaits() const { return awaited_; }
    void await(std::uint64_t batch) { awaited_ = batch; }
    void stored() { awaited_ = 0; }

    std::optional<FoundDamage> take_damage() { return std::exchange(damage_, std::nullopt); }

  private:
    enum class Stage : std::uint8_t {
        idle,
        reading,    ///< at `next_`
        finishing,  ///< all is read; progress of queues is written
        syncing,    ///< up to `barrier_`
        removing,
    };
    void take_topology(Index& index, const StoredRecord& record, facts::Records& out);
    void flush_topology(facts::Records& out);
    bool finish(Index& index, facts::Records& out);
    void look_for_damage(const Index& index, const Segments::Segment& segment);

    Stage stage_ = Stage::idle;
    std::uint32_t segment_ = 0;
    Place next_;
    bool asked_ = false;  ///< the store was asked and has not answered
    std::uint64_t awaited_ = 0;
    Place barrier_;        ///< all that the segment's going relies on is before it
    std::string changes_;  ///< of what is declared, to be written again
    Twins twins_;
    std::optional<FoundDamage> damage_;
};

}  // namespace zex::log
