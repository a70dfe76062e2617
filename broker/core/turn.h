// Whose turn it is among the consumers of one queue. Holds only those that can take a message, so
// that the next one is found in constant time however many wait for credit.
#pragma once

#include <cstddef>
#include <deque>

namespace zex::core {

class Consumer;

class FairTurn {
  public:
    /// Lines the consumer up at the end, unless it stands in line or cannot take a message.
    void offer(Consumer& consumer);
    void remove(Consumer& consumer);
    void clear() { line_.clear(); }

    /// The first in line that can take a message, or null. Those that no longer can lose their
    /// place; offer() brings them back.
    Consumer* first();

    /// Sends the first to the end of the line.
    void pass();

    std::size_t size() const { return line_.size(); }

  private:
    std::deque<Consumer*> line_;
};

}  // namespace zex::core
