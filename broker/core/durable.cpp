#include "broker/core/durable.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/dispatch.h"
#include "broker/core/durable_state.h"
#include "broker/core/topology_facts.h"

namespace zex::core {
namespace {

/// What was settled reaches the disk within so many milliseconds, whatever else is synced.
constexpr std::uint64_t settled_within_ms = 1000;

/// Frees are refused where so many bytes of facts wait for a full disk.
constexpr std::uint64_t unwritten_most = 4 << 20;

/// Changes in one record where all that is declared is written again.
constexpr std::size_t changes_a_record = 1000;

void promise(facts::Records& records, const DurableState& state) {
    switch (state.durability.kind) {
        case facts::Durability::sync:
            return records.promise_sync();
        case facts::Durability::interval:
            return records.promise_sync_within(state.durability.interval_ms);
        case facts::Durability::none:
            return;
    }
}

std::uint64_t last_fact(const Turn& turn) {
    return turn.state.storage.facts(turn.out);
}

/// Has it written down that the next messages may be delivered, well before they are.
void record_deliveries_ahead(Turn& turn, Queue& queue) {
    DurableState& state = *queue.durable();
    const std::uint64_t next = queue.next_fresh();
    const std::uint64_t last = queue.next_sequence();
    const std::uint64_t written = state.delivered_up_to_written();
    if (written >= last || written >= next + deliver_ahead / 2) return;
    const std::uint64_t before = std::min(next + deliver_ahead, last);
    turn.out.records.offered(queue.id.number(), before);
    turn.out.records.promise_sync();
    state.mark(last_fact(turn), 0, before);
}

/// Asks for the first of the backlog, where there is room for them.
void load(Turn& turn, Queue& queue, bool wanted) {
    DurableState& state = *queue.durable();
    if (state.loading || state.backlog.empty()) return;
    const bool low = wanted && state.memory_bytes() < queue_window_bytes / 2;
    if (!low && queue.has_fresh()) return;
    Load load{queue.id, state.backlog.first(wanted ? load_messages : load_head, state.committed())};
    if (load.sequences.empty()) return;
    state.loading = true;
    turn.out.list.emplace_back(std::move(load));
}

facts::StoredMessage stored(const Message& message, const Turn& turn) {
    const Heading& heading = *message.heading.get();
    facts::StoredMessage out{heading.exchange, heading.key, heading.properties, message.own(),
                             message.payload()};
    const std::uint64_t age = whole_milliseconds(turn.now - message.enqueued);
    out.enqueued_ms = turn.wall_ms - std::min(age, turn.wall_ms);
    return out;
}

/// When a message that the log says was enqueued at `wall_ms` was, on the steady clock.
Instant enqueued_at(const Turn& turn, std::uint64_t wall_ms) {
    if (wall_ms == 0 || wall_ms >= turn.wall_ms) return turn.now;
    return turn.now + -std::chrono::milliseconds(turn.wall_ms - wall_ms);
}

void tell_failed(Turn& turn, const Confirm& confirm, const Error& why) {
    turn.state.counters.refused += confirm.count;
    turn.state.counters.refused_storage += confirm.count;
    turn.out.list.push_back(
        Answer{confirm.to, {confirm.first_id, wire::Refuse{confirm.count, why}}});
}
void tell_failed(Turn& turn, const Answer& answer, const Error& why) {
    turn.out.list.push_back(Answer{answer.to, {answer.reply.id, wire::ErrorReply{why, {}}}});
}
void tell_failed(Turn&, QueueId, const Error&) {}

}  // namespace

std::optional<Error> why_not_durable(const Turn& turn) {
    if (!turn.state.storage.is_there) {
        return error(ErrorCode::bad_field,
                     "durable must be false: this broker was started without a data directory; "
                     "start it with --data-dir DIR",
                     "durable");
    }
    return turn.state.storage.refuses;
}

std::optional<Error> why_not_removed(const Turn& turn) {
    const Storage& storage = turn.state.storage;
    if (!storage.refuses || storage.unwritten_bytes(turn.out) < unwritten_most) return std::nullopt;
    return storage.refuses;
}

void store(Turn& turn, Queue& queue, const HeadingRef& heading, const Arrival& arrival) {
    const std::uint64_t sequence = queue.next_sequence();
    const bool ahead = !queue.consumers.empty() && sequence < queue.next_fresh() + deliver_ahead;
    facts::StoredMessage message{heading->exchange, heading->key, heading->properties, arrival.own,
                                 arrival.payload};
    message.enqueued_ms = turn.wall_ms;
    turn.out.records.enqueued(queue.id.number(), sequence, ahead ? facts::flag_offered : 0,
                              message);
    queue.enqueue_stored(heading, arrival, turn.now);
    DurableState& state = *queue.durable();
    promise(turn.out.records, state);
    state.mark(last_fact(turn), sequence + 1, ahead ? sequence + 1 : 0);
}

void record(Turn& turn, std::span<const facts::TopologyChange> changes) {
    if (changes.empty()) return;
    turn.out.records.topology(changes);
    turn.out.records.promise_sync();
    turn.state.storage.topology_fact = last_fact(turn);
}

void succeed_when_stored(Turn& turn, const Asker& asker, wire::Ok ok) {
    Storage& storage = turn.state.storage;
    if (storage.is_committed(storage.topology_fact)) return succeed(turn, asker, std::move(ok));
    const std::uint64_t fact = std::max(storage.topology_fact, storage.awaited());
    storage.await(fact, Answer{asker.connection, {asker.id, std::move(ok)}});
}

void succeed_when_settled(Turn& turn, const Asker& asker, wire::Ok ok) {
    record_settled(turn);
    // With nothing written the queue is transient, or its deletion is on its way.
    if (turn.out.records.empty()) return succeed_when_stored(turn, asker, std::move(ok));
    turn.state.storage.await(last_fact(turn), Answer{asker.connection, {asker.id, std::move(ok)}});
}

void record_settled(Turn& turn) {
    if (why_not_removed(turn)) return;  // it waits for room, as ranges
    for (Queue* queue : turn.state.storage.take_settled()) {
        turn.out.records.settled(queue->id.number(), queue->durable()->take_settled());
        turn.out.records.promise_sync_within(settled_within_ms);
    }
}

void prefetch(Turn& turn, Queue& queue) {
    const bool wanted = !queue.consumers.empty() || !queue.durable()->waiting.empty();
    if (wanted && queue.has_fresh()) record_deliveries_ahead(turn, queue);
    load(turn, queue, wanted);
}

void record_progress(Turn& turn) {
    for (const Queue* queue : turn.state.topology.all_queues()) {
        if (queue->durable() == nullptr) continue;
        // What an earlier life of the broker may have delivered is flagged again in the next one.
        const std::uint64_t seen =
            std::max(queue->next_fresh(), queue->durable()->delivered_before_restart);
        if (queue->durable()->delivered_up_to_written() <= seen) continue;
        turn.out.records.progress(queue->id.number(), {queue->next_sequence(), seen});
        turn.out.records.promise_sync();
    }
}

facts::QueueDeclared fact_of(const Queue& queue) {
    const DurableState& state = *queue.durable();
    facts::QueueDeclared fact;
    fact.queue = queue.id.number();
    fact.name = queue.name;
    fact.auto_delete = queue.options.auto_delete;
    fact.max_messages = queue.options.max_messages;
    fact.max_bytes = queue.options.max_bytes;
    fact.durability = state.durability.kind;
    fact.interval_ms = state.durability.interval_ms;
    fact.next_sequence = queue.next_sequence();
    fact.offered = state.delivered_up_to_written();
    return fact;
}

void batch_committed(Turn& turn, const Committed& command) {
    Storage& storage = turn.state.storage;
    storage.committed(command.facts, command.bytes);
    std::vector<QueueId> queues;
    while (!storage.awaiting.empty() && storage.awaiting.front().fact <= command.facts) {
        auto what = std::move(storage.awaiting.front().what);
        storage.awaiting.pop_front();
        if (const auto* id = std::get_if<QueueId>(&what)) {
            Queue* queue = turn.state.topology.queue(*id);
            if (queue == nullptr || std::exchange(queue->durable()->touched, true)) continue;
            queues.push_back(*id);
        } else if (const auto* confirm = std::get_if<Confirm>(&what)) {
            turn.state.counters.confirmed += confirm->count;
            turn.out.list.emplace_back(*confirm);
        } else {
            turn.out.list.emplace_back(std::move(std::get<Answer>(what)));
        }
    }
    for (const QueueId id : queues) {
        Queue* queue = turn.state.topology.queue(id);
        if (queue == nullptr) continue;
        queue->durable()->touched = false;
        queue->durable()->commit(command.facts);
        dispatch(turn, *queue);
    }
}

void messages_loaded(Turn& turn, const Loaded& command) {
    Queue* queue = turn.state.topology.queue(command.queue);
    if (queue == nullptr) return;
    queue->durable()->loading = false;
    HeadingRef heading;  // of the message before: the next one's is often the same
    for (const LoadedMessage& loaded : command.messages) {
        if (!loaded.message) {
            report_lost(turn, *queue, loaded.sequence);
            continue;
        }
        const facts::StoredMessage& message = *loaded.message;
        if (!heading || !heading->is(message.exchange, message.key, message.common)) {
            heading = HeadingRef::make(message.exchange, message.key, message.common);
        }
        Arrival arrival{message.own, message.payload, {}};
        arrival.share_if_large();
        queue->load(loaded.sequence, heading, arrival, enqueued_at(turn, message.enqueued_ms));
    }
    dispatch(turn, *queue);
}

void report_lost(Turn& turn, Queue& queue, std::uint64_t sequence) {
    if (!queue.lose(sequence)) return;
    ++turn.state.counters.dropped_damaged;
    turn.out.list.emplace_back(ReportDamage{queue.name, sequence});
}

void records_damaged(Turn& turn, const RecordsDamaged& command) {
    Queue* queue = turn.state.topology.queue(command.queue);
    if (queue == nullptr) return;
    const std::set<std::uint64_t> damaged(command.sequences.begin(), command.sequences.end());
    const auto write_again = [&](const Message& message) {
        if (!damaged.contains(message.sequence)) return;
        const bool delivered = message.deliveries > 0 ||
                               message.sequence < queue->durable()->delivered_up_to_written();
        turn.out.records.relocated(queue->id.number(), message.sequence,
                                   delivered ? facts::flag_offered : 0, stored(message, turn));
        turn.out.records.promise_sync();
    };
    for (const std::uint64_t sequence : damaged) report_lost(turn, *queue, sequence);
    queue->each_in_memory(write_again);
    turn.state.sessions.each([&](Session& session) {
        const auto write_held = [&](const Unsettled& held) {
            if (held.queue == queue->id) write_again(held.message);
            return true;
        };
        session.taken.each(write_held);
        for (const auto& [name, consumer] : session.consumers) consumer->unsettled.each(write_held);
    });
}

void topology_damaged(Turn& turn) {
    TopologyFacts facts(turn);
    const auto write_when_large = [&facts] {
        if (facts.size() >= changes_a_record) facts.write();
    };
    const std::vector<const Exchange*> exchanges = turn.state.topology.all_exchanges();
    for (const Exchange* exchange : exchanges) {
        facts.declared(*exchange);
        write_when_large();
    }
    for (const Queue* queue : turn.state.topology.all_queues()) {
        facts.declared(*queue);
        write_when_large();
    }
    for (const Exchange* exchange : exchanges) {
        if (!exchange->durable) continue;
        exchange->each_binding([&](const std::string& key, const Queue& queue) {
            facts.bound(*exchange, key, queue);
            write_when_large();
        });
    }
    facts.write();
}

void storage_changed(Turn& turn, const StorageState& command) {
    turn.state.storage.is_there = true;
    turn.state.storage.refuses = command.refuses;
}

void storage_failed(Turn& turn, const StorageFailed& command) {
    Storage& storage = turn.state.storage;
    storage.refuses = command.error;
    for (const Awaiting& awaiting : std::exchange(storage.awaiting, {})) {
        std::visit([&](const auto& what) { tell_failed(turn, what, command.error); },
                   awaiting.what);
    }
}

}  // namespace zex::core
