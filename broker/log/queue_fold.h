// What the records of one queue add up to: which of its messages are live and where, and which
// were written, were not settled, and are not there.
//
// Sequences are never used again, so `settled` records count wherever in the log they stand, and
// the order of records matters only for finding gaps: those of `enqueued` rise by one.
// Memory: 8 bytes a message that is enqueued and not yet settled, 16 one that was relocated.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "broker/facts/record.h"
#include "broker/log/place.h"
#include "broker/log/recovered.h"

namespace zex::log {

/// A set of sequences, as ranges.
class SequenceSet {
  public:
    void add(facts::SequenceRange range);
    /// In rising order; none touches the next.
    const std::vector<facts::SequenceRange>& ranges();

  private:
    void merge();
    std::vector<facts::SequenceRange> merged_;
    std::vector<facts::SequenceRange> loose_;  ///< came out of order
};

class QueueFold {
  public:
    void enqueued(std::uint64_t sequence, Place place);
    void relocated(std::uint64_t sequence, Place place);
    // `segment` is where the record stands that says so.
    void settled(std::span<const facts::SequenceRange> ranges, std::uint32_t segment);
    void offered(std::uint64_t before, std::uint32_t segment);
    void delivered(std::uint64_t sequence);  ///< perhaps, before it was written
    void progress(const facts::Progress& progress, std::uint32_t segment);
    /// A declaration says that sequences before `next` were given.
    void declared(std::uint64_t next, std::uint64_t offered);

    std::uint64_t next_sequence() const { return next_; }
    std::uint64_t offered_before() const { return offered_; }
    /// Segment of the last record that tells how far the queue has come; 0: only the declaration.
    std::uint32_t told_in() const { return told_in_; }

    /// Fills `runs`, `live` and `missing`, and is empty then.
    void finish(RecoveredQueue& into);

  private:
    struct Dense {
        std::uint64_t first = 0;
        std::deque<Place> places;
        std::uint64_t end() const { return first + places.size(); }
    };
    void advance(std::uint64_t next, std::uint32_t segment);
    void passed(std::uint64_t last, std::uint32_t segment);
    void gap_before(std::uint64_t sequence);
    void forget_settled(facts::SequenceRange range);
    void put_relocated_in_place();
    std::vector<facts::SequenceRange> missing();

    std::vector<Dense> dense_;  ///< rising
    std::vector<std::pair<std::uint64_t, Place>> relocated_;
    std::vector<facts::SequenceRange> gaps_;  ///< rising; none of them was seen when it was due
    SequenceSet settled_;
    std::optional<std::uint64_t> due_;  ///< sequence of the next `enqueued`, where it is known
    std::uint64_t next_ = 0;
    std::uint64_t offered_ = 0;
    std::uint32_t told_in_ = 0;
};

}  // namespace zex::log
