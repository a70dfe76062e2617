// Whose turn it is among the consumers of one queue. Holds only those that can take a message, so
// that the next one is found in constant time however many wait for credit.
#pragma once

#include <cstddef>

namespace zex::core {

class Consumer;

/// A consumer's place in the line of its queue.
struct PlaceInTurn {
    Consumer* before = nullptr;
    Consumer* after = nullptr;
    bool taken = false;
};

class FairTurn {
  public:
    /// Lines the consumer up at the end, unless it stands in line or cannot take a message.
    void offer(Consumer& consumer);
    void remove(Consumer& consumer);
    void clear();

    /// The first in line that can take a message, or null. Those that no longer can lose their
    /// place; offer() brings them back.
    Consumer* first();

    /// Sends the first to the end of the line.
    void pass();

    std::size_t size() const { return size_; }

  private:
    void append(Consumer& consumer);

    // The line is linked through Consumer::place_in_turn.
    Consumer* first_ = nullptr;
    Consumer* last_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace zex::core
