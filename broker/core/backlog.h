// Messages of one queue that are on the disk only: their sequences and the places of their records,
// little more than 8 bytes each, however large they are.
//
// Invariants: sequences rise from the front to the back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "broker/facts/place.h"

namespace zex::core {

class Backlog {
  public:
    struct Entry {
        std::uint64_t sequence = 0;
        facts::Place place;
    };

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }

    void push(const Entry& entry);

    // Both require that it is not empty.
    Entry front() const;
    void pop();

    /// Takes this message out, wherever it stands; nothing where it is not here.
    std::optional<facts::Place> take(std::uint64_t sequence);

    /// The first ones, at most so many.
    std::vector<Entry> first(std::size_t most) const;

    /// Where this message's record is; null where it is not here.
    facts::Place* find(std::uint64_t sequence);

    /// Those whose records lie in this segment.
    std::vector<Entry> in_segment(std::uint32_t segment) const;

    /// All of them, in their order; nothing is left.
    std::vector<Entry> take_all();

  private:
    /// Messages whose sequences have no gap.
    struct Run {
        std::uint64_t first = 0;
        std::size_t taken = 0;  ///< of places, from the front
        std::vector<facts::Place> places;
    };
    static constexpr std::size_t run_most = 4096;

    /// The run that has this message, or the end.
    std::deque<Run>::iterator run_of(std::uint64_t sequence);

    /// Calls visit(entry) in order, until it gives false.
    template <class Visit>
    void each(const Visit& visit) const {
        for (const Run& run : runs_) {
            for (std::size_t i = run.taken; i < run.places.size(); ++i) {
                if (!visit(Entry{run.first + i, run.places[i]})) return;
            }
        }
    }

    std::deque<Run> runs_;
    std::size_t size_ = 0;
};

}  // namespace zex::core
