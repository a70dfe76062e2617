// Messages of one queue that are on the disk only, by their sequences. Those without a gap between
// them cost 16 bytes in all.
//
// Invariants: sequences rise from the front to the back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "broker/facts/record.h"

namespace zex::core {

class Backlog {
  public:
    bool empty() const { return runs_.empty(); }
    std::size_t size() const { return size_; }

    /// Behind all that are here.
    void push(std::uint64_t sequence) { push(facts::SequenceRange{sequence, sequence}); }
    void push(facts::SequenceRange range);

    // Both require that it is not empty.
    std::uint64_t front() const { return runs_.front().first; }
    void pop();

    /// Takes this message out, wherever it stands; false where it is not here.
    bool take(std::uint64_t sequence);

    /// The first ones before `end`, at most so many.
    std::vector<std::uint64_t> first(std::size_t most, std::uint64_t end) const;

    /// All of them, in their order; nothing is left.
    std::deque<facts::SequenceRange> take_all();

  private:
    std::deque<facts::SequenceRange> runs_;
    std::size_t size_ = 0;
};

}  // namespace zex::core
