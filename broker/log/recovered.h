// What the records of a whole log add up to: all that the broker needs to go on, and all that is
// wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/facts/record.h"
#include "broker/facts/topology_change.h"
#include "broker/log/place.h"
#include "broker/log/topology_index.h"

namespace zex::log {

/// Bytes that were confirmed and are not as they were written. Each costs only what it held.
struct Damage {
    std::string file;       ///< name in the data directory
    Place begin;            ///< nowhere where the file is not a segment
    std::uint32_t end = 0;  ///< offset behind the last bad byte
    std::string reason;     ///< a sentence for a person, without a full stop
    std::uint64_t queue =
        0;  ///< what the bad bytes say they were, which may be wrong; 0: not known
    std::uint64_t sequence = 0;  ///< with `queue`

    /// One line for a person: file, range, reason.
    std::string text() const;
};

/// Messages of one queue with adjacent sequences. A place that is nowhere is a small hole: no
/// message of that sequence is live.
struct Run {
    std::uint64_t first = 0;  ///< sequence of places[0]
    std::vector<Place> places;
};

struct RecoveredQueue {
    /// With `next_sequence` behind every sequence that any good record names. `offered` is
    /// `next_sequence` for every queue where there is damage, since a lost record may have been
    /// the one that told of a delivery.
    facts::QueueDeclared declared;
    /// Its declaration was damaged: named recovered-<id>, with the defaults of QueueDeclared.
    bool declaration_lost = false;
    std::vector<Run> runs;  ///< live messages, in rising order; no run is empty
    std::uint64_t live = 0;
    std::uint64_t bytes = 0;  ///< of these, properties and payload: estimated from the mean
    /// Messages that were written, not settled, and are damaged: lost. Dense sequences tell.
    std::vector<facts::SequenceRange> missing;
    /// Segment of the last record that tells how far the queue has come. It may go only when a
    /// `progress` record stands behind it. 0: only the declaration tells.
    std::uint32_t progress_segment = 0;
};

/// A queue that was declared under the name of another one which was not removed: the record of the
/// removal is lost. The older one is left out.
struct LostRemoval {
    std::uint64_t queue = 0;
    std::string name;
};

struct RecoveredSegment {
    std::uint32_t number = 0;
    std::uint64_t bytes = 0;           ///< of its file
    std::uint64_t messages = 0;        ///< written here, live or not
    std::uint64_t live = 0;            ///< of these
    std::uint64_t message_bytes = 0;   ///< of the messages' records
    std::uint64_t topology_bytes = 0;  ///< that changes which still count take
    std::uint64_t unknown_bytes = 0;   ///< that records and changes take that are not known
};

/// A torn tail that was never confirmed as synced.
struct Cut {
    Place begin;
    std::uint64_t bytes = 0;  ///< up to the last one that is not zero
};

struct Recovered {
    bool fresh = false;        ///< the directory was empty: a new log was begun
    std::uint64_t log_id = 0;  ///< random; mixed into each checksum
    std::vector<facts::ExchangeDeclared> exchanges;
    std::vector<RecoveredQueue> queues;  ///< by rising id
    std::vector<facts::Bound> bindings;  ///< of exchanges and queues as they were told; see docs
    std::vector<LostRemoval> lost_removals;
    TopologyIndex topology;                  ///< where all that stands
    std::vector<RecoveredSegment> segments;  ///< by rising number; without the new one
    std::uint32_t next_segment = 1;          ///< where the log goes on
    std::uint64_t last_queue = 0;            ///< no id above it was ever used
    std::uint64_t records = 0;
    std::uint64_t unknown = 0;  ///< records and changes of a newer program, kept as they are
    std::vector<Damage> damage;
    std::optional<Cut> cut;

    bool damaged() const;  ///< bytes, messages or declarations are lost
};

/// Bytes read so far, and in all.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

}  // namespace zex::log
