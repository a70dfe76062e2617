// What has been declared: exchanges, queues and the bindings between them. Keeps both ends of a
// binding in step, and knows the default exchange.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/core/exchange.h"
#include "broker/core/names.h"
#include "broker/core/queue.h"
#include "broker/core/storage.h"
#include "common/base/ids.h"

namespace zex::core {

class Topology {
  public:
    explicit Topology(Storage& storage);
    ~Topology();

    /// The default exchange under the empty name; null where there is none of this name.
    Exchange* exchange(std::string_view name) const;
    /// Requires that the name is free. Null where the kind is not known.
    Exchange* add_exchange(const std::string& name, const std::string& kind, bool auto_delete);
    /// A durable one, from the log; of a kind that is not known it takes no messages.
    Exchange& restore_exchange(const std::string& name, const std::string& kind, bool auto_delete);
    /// Removes its bindings too. Not for the default exchange.
    void remove_exchange(Exchange& exchange);

    Queue* queue(std::string_view name) const;
    Queue* queue(QueueId id) const;
    /// Requires that the name is free.
    Queue& add_queue(const std::string& name, const QueueOptions& options, SessionId owner);
    /// The same, with the number that it has in the log. Requires that this is free, too.
    Queue& restore_queue(QueueId id, const std::string& name, const QueueOptions& options);
    /// Further queues get greater numbers than this one.
    void reserve_queue_ids(std::uint64_t last) { last_queue_id_ = std::max(last_queue_id_, last); }
    /// Removes its bindings too, and auto-delete exchanges that are left without one. Its unacked
    /// messages stay in the memory gauge until forget().
    void remove_queue(Queue& queue);
    /// Somebody held this message of a queue that has gone, and now no longer does.
    void forget(const Message& message) { memory_.remove(message); }

    /// False where the binding was there before.
    bool bind(Queue& queue, Exchange& exchange, const std::string& key);
    /// False where there was no such binding. May remove an auto-delete exchange.
    bool unbind(Queue& queue, Exchange& exchange, const std::string& key);

    std::uint64_t exchanges() const { return exchanges_.size(); }  ///< the default one included
    std::uint64_t queues() const { return queues_.size(); }
    std::uint64_t bindings() const { return bindings_; }
    std::uint64_t memory_bytes() const { return memory_.bytes; }

    /// Calls visit(queue) for each, in no order.
    template <class Visit>
    void each_queue(const Visit& visit) const {
        for (const auto& [name, queue] : queues_) visit(*queue);
    }

    std::vector<const Exchange*> all_exchanges() const;  ///< by name
    std::vector<const Queue*> all_queues() const;        ///< by name

  private:
    /// After an unbind: an auto-delete exchange goes with its last binding.
    void remove_if_done(Exchange& exchange);
    Queue& add_queue(QueueId id, const std::string& name, const QueueOptions& options,
                     SessionId owner);

    Storage& storage_;
    MemoryGauge memory_;
    ByName<std::unique_ptr<Exchange>> exchanges_;
    ByName<std::unique_ptr<Queue>> queues_;
    std::unordered_map<QueueId, Queue*> queues_by_id_;
    std::uint64_t bindings_ = 0;
    std::uint64_t last_queue_id_ = 0;
};

}  // namespace zex::core
