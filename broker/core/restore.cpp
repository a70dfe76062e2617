#include "broker/core/restore.h"

#include "broker/core/durable.h"

namespace zex::core {
namespace {

QueueOptions options_of(const facts::QueueDeclared& fact) {
    QueueOptions options;
    options.durable = true;
    options.auto_delete = fact.auto_delete;
    options.max_messages = fact.max_messages;
    options.max_bytes = fact.max_bytes;
    options.durability = {fact.durability, fact.interval_ms};
    return options;
}

}  // namespace

void restore(Turn& turn, const Restored& restored) {
    State& state = turn.state;
    state.storage.is_there = true;
    for (const facts::ExchangeDeclared& fact : restored.exchanges) {
        state.topology.restore_exchange(fact.name, fact.kind, fact.auto_delete);
    }
    for (const RestoredQueue& queue : restored.queues) {
        const facts::QueueDeclared& fact = queue.declared;
        state.topology.restore_queue(QueueId(fact.queue), fact.name, options_of(fact))
            .restore(fact, queue.messages, queue.bytes);
    }
    for (const facts::Bound& fact : restored.bindings) {
        Queue* queue = state.topology.queue(QueueId(fact.queue));
        Exchange* exchange = state.topology.exchange(fact.exchange);
        if (queue != nullptr && exchange != nullptr)
            state.topology.bind(*queue, *exchange, fact.key);
    }
    state.topology.reserve_queue_ids(restored.last_queue);
    for (const RestoredQueue& queue : restored.queues) {
        prefetch(turn, *state.topology.queue(QueueId(queue.declared.queue)));
    }
}

}  // namespace zex::core
