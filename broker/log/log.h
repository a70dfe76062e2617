// The log, as the broker thread sees it: takes the core's facts, places them, knows where each
// stands, and keeps the log small. Pure: the store writes and reads what this decides.
//
// Properties that another holder of the log relies on (docs/decisions/0011): every place is decided
// here, before anything is written; a batch is a value that can be written anywhere, by anyone,
// twice; segments go from the oldest on, so that RemoveBefore says all.
//
// Thread: the broker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "broker/facts/records.h"
#include "broker/log/appender.h"
#include "broker/log/batch.h"
#include "broker/log/compaction.h"
#include "broker/log/index.h"
#include "broker/log/place.h"
#include "broker/log/recovered.h"
#include "broker/log/stored_record.h"
#include "broker/log/twins.h"

namespace zex::log {

/// A batch is written; all before `synced` is on the disk.
struct BatchWritten {
    std::uint64_t batch = 0;
    Place synced;
};

class Log {
  public:
    explicit Log(Appender::Bounds bounds) : index_(bounds.segment_bytes), appender_(1, bounds) {}
    /// Goes on behind what was recovered, which gives its places away.
    Log(Appender::Bounds bounds, Recovered& recovered);

    /// Facts of the core.
    void append(const facts::Records& records);

    // The batch at hand:
    bool has_batch() const { return !appender_.empty(); }
    bool promises_sync() const { return appender_.promises_sync(); }
    std::uint64_t facts() const { return appender_.facts(); }  ///< of the core, ever
    Batch take();

    void written(const BatchWritten& done);
    /// All before this place is on the disk.
    void synced(Place place);

    /// Nowhere where the message is gone.
    Place find(std::uint64_t queue, std::uint64_t sequence) const {
        return index_.find(queue, sequence);
    }

    // Compaction, a step at a time. The store's answers are reported here.
    /// What the store is to do next for it, if anything.
    std::optional<CompactionJob> next_job();
    /// The answer to ReadSegment.
    void segment_read(const SegmentPiece& piece);
    /// The answer to RemoveBefore.
    void segment_removed();
    /// What compaction found damaged, once. The core writes again what it has in memory, and lets
    /// go of the rest.
    std::optional<FoundDamage> take_damage() { return compaction_.take_damage(); }

    const Segments& segments() const { return index_.segments(); }

  private:
    void place(const facts::Records& records);

    Index index_;
    Appender appender_;
    Compaction compaction_;
    Place synced_;
    std::uint64_t written_ = 0;  ///< the last batch that is written
};

}  // namespace zex::log
