// What one verb changes of what is declared, as far as it is durable, to be written down together.
// A binding is durable where its exchange and its queue are.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "broker/core/exchange.h"
#include "broker/core/queue.h"
#include "broker/core/state.h"
#include "broker/facts/topology_change.h"

namespace zex::core {

class TopologyFacts {
  public:
    explicit TopologyFacts(Turn& turn) : turn_(turn) {}

    void declared(const Exchange& exchange);
    void removed(const Exchange& exchange);  ///< and its bindings; before it goes
    void declared(const Queue& queue);
    void bound(const Exchange& exchange, const std::string& key, const Queue& queue);
    /// Unbinds, and notes an auto-delete exchange that goes with its last binding. False where
    /// there was no such binding.
    bool unbind(Exchange& exchange, const std::string& key, Queue& queue);
    /// Removes the queue, and notes the auto-delete exchanges that go with it.
    void remove(Queue& queue);

    std::size_t size() const { return changes_.size(); }

    /// Writes them down; without any, does nothing.
    void write();

  private:
    Turn& turn_;
    std::vector<facts::TopologyChange> changes_;
};

}  // namespace zex::core
