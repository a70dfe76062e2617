// The end of the log, as the broker thread sees it: it decides where each record will stand and
// lays the records out, without checksums, in batches for the store. Pure.
//
// Thread: the broker thread. A Batch that was taken belongs to whoever has it.
// Invariants: places rise; a segment begins anew where a record would not fit in the one before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/facts/place.h"
#include "broker/facts/record.h"
#include "broker/facts/stored_message.h"
#include "broker/facts/topology_change.h"

namespace zex::facts {

/// First and last sequence of a run.
struct SequenceRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const SequenceRange&) const = default;
};

/// Whole records that follow each other within one segment.
struct Piece {
    Place begin;
    std::string bytes;
};

/// What is written, and then synced or not, together.
struct Batch {
    std::uint64_t number = 0;  ///< 1, 2, 3, …
    std::vector<Piece> pieces;
    bool sync = false;  ///< what it holds was promised to be on the disk before it is confirmed
    std::optional<std::uint64_t> sync_within_ms;  ///< where !sync: the shortest promise
    std::uint64_t tape_bytes = 0;  ///< of all records on the tape, up to the end of this batch

    std::size_t bytes() const;
};

/// The first record of a segment begins after its header.
inline constexpr std::uint32_t segment_header_size = 64;

class Tape {
  public:
    struct Bounds {
        std::uint32_t segment_bytes = 64 << 20;  ///< a larger record has a segment of its own
    };

    /// Begins with the first record of the segment `first`.
    Tape(std::uint32_t first, Bounds bounds) : bounds_(bounds), end_{first, segment_header_size} {}

    Place enqueued(std::uint64_t queue, std::uint64_t sequence, std::uint8_t flags,
                   const StoredMessage& message) {
        return add_message(Kind::enqueued, queue, sequence, flags, message);
    }
    Place kept(std::uint64_t queue, std::uint64_t sequence, std::uint8_t flags,
               const StoredMessage& message) {
        return add_message(Kind::kept, queue, sequence, flags, message);
    }
    /// Messages of these sequences, which are in rising order, are no longer there.
    Place settled(std::uint64_t queue, std::span<const SequenceRange> ranges);
    Place offered(std::uint64_t queue, std::uint64_t before);
    /// Written twice, so that one flipped bit costs nothing; gives the first place.
    Place topology(std::span<const TopologyChange> changes);

    /// Of the batch that the next record goes into.
    std::uint64_t batch() const { return open_.number; }
    bool empty() const { return open_.pieces.empty(); }
    std::uint64_t total_bytes() const { return total_bytes_; }  ///< of all records, ever
    Place end() const { return end_; }  ///< where the next one goes, if it fits

    /// The batch so far is not confirmed before it is synced (`sync`), or is synced within so
    /// many milliseconds after.
    void promise_sync() { open_.sync = true; }
    bool promises_sync() const { return open_.sync; }
    void promise_sync_within(std::uint64_t milliseconds);

    Batch take();

  private:
    Place add_message(Kind kind, std::uint64_t queue, std::uint64_t sequence, std::uint8_t flags,
                      const StoredMessage& message);
    /// Room for a record of header.size bytes: where its header now stands and its body follows.
    std::string& begin_record(const Header& header);

    const Bounds bounds_;
    Place end_;
    Batch open_{1, {}, false, {}, 0};
    std::uint64_t total_bytes_ = 0;
    std::size_t last_piece_bytes_ = 0;  ///< of the batch before: what the next one may need
};

/// The ranges of a `settled` record; nothing where the body is not as Tape writes it.
std::optional<std::vector<SequenceRange>> read_ranges(std::string_view body);

}  // namespace zex::facts
