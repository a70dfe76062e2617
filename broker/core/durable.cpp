#include "broker/core/durable.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/cleaning.h"
#include "broker/core/dispatch.h"
#include "broker/core/shelf.h"

namespace zex::core {
namespace {

/// What was settled reaches the disk within so many milliseconds, whatever else is synced.
constexpr std::uint64_t settled_within_ms = 1000;

void promise(facts::Tape& tape, const Shelf& shelf) {
    switch (shelf.durability.kind) {
        case facts::Durability::sync:
            return tape.promise_sync();
        case facts::Durability::interval:
            return tape.promise_sync_within(shelf.durability.interval_ms);
        case facts::Durability::none:
            return;
    }
}

void mark(Turn& turn, Queue& queue, std::uint64_t committed, std::uint64_t offered) {
    const std::uint64_t batch = turn.out.tape->batch();
    if (!queue.shelf()->mark(batch, committed, offered)) return;
    turn.state.storage.await(batch, queue.id);
}

/// In rising order, and adjacent ones as one.
std::vector<facts::SequenceRange> tidied(std::vector<facts::SequenceRange> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<facts::SequenceRange> out;
    for (const facts::SequenceRange& range : ranges) {
        if (!out.empty() && out.back().last + 1 == range.first) {
            out.back().last = range.last;
        } else {
            out.push_back(range);
        }
    }
    return out;
}

/// Has it written down that the next messages may be delivered, well before they are.
void offer(Turn& turn, Queue& queue) {
    Shelf& shelf = *queue.shelf();
    const std::uint64_t next = queue.next_fresh();
    const std::uint64_t last = queue.next_sequence();
    const std::uint64_t written = shelf.offered_written();
    if (written >= last || written >= next + offer_ahead / 2) return;
    const std::uint64_t before = std::min(next + offer_ahead, last);
    facts::Tape& tape = *turn.out.tape;
    turn.state.storage.segments.wrote(tape.offered(queue.id.number(), before), facts::header_size);
    tape.promise_sync();
    mark(turn, queue, 0, before);
}

/// Asks for the first of the backlog, where there is room for them.
void load(Turn& turn, Queue& queue, bool wanted) {
    Shelf& shelf = *queue.shelf();
    if (shelf.loading || shelf.backlog.empty()) return;
    const bool low = wanted && shelf.memory_bytes < shelf_window_bytes / 2;
    if (!low && queue.has_fresh()) return;
    Load load{queue.id, false, shelf.backlog.first(wanted ? load_messages : load_head)};
    std::erase_if(load.messages,
                  [&](const Backlog::Entry& entry) { return entry.sequence >= shelf.committed(); });
    if (load.messages.empty()) return;
    shelf.loading = true;
    turn.out.list.push_back(std::move(load));
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
    if (!turn.out.tape) {
        return error(ErrorCode::bad_field,
                     "durable must be false: this broker was started without a data directory; "
                     "start it with --data-dir DIR",
                     "durable");
    }
    return turn.state.storage.refuses;
}

void store(Turn& turn, Queue& queue, const HeadingRef& heading, const Arrival& arrival) {
    facts::Tape& tape = *turn.out.tape;
    const std::uint64_t sequence = queue.next_sequence();
    const bool offered = !queue.consumers.empty() && sequence < queue.next_fresh() + offer_ahead;
    const facts::StoredMessage message{heading->exchange, heading->key, heading->properties,
                                       arrival.own, arrival.payload};
    const facts::Place place =
        tape.enqueued(queue.id.number(), sequence, offered ? facts::flag_offered : 0, message);
    turn.state.storage.segments.wrote_message(place, facts::header_size + message.encoded_size());
    queue.enqueue_stored(heading, arrival, turn.now, place);
    promise(tape, *queue.shelf());
    mark(turn, queue, sequence + 1, offered ? sequence + 1 : 0);
}

void record(Turn& turn, std::span<const facts::TopologyChange> changes) {
    if (changes.empty()) return;
    facts::Tape& tape = *turn.out.tape;
    const std::uint64_t before = tape.total_bytes();
    const facts::Place place = tape.topology(changes);
    Storage& storage = turn.state.storage;
    storage.segments.wrote_topology(place, tape.total_bytes() - before);
    storage.topology_batch = tape.batch();
    tape.promise_sync();
}

void succeed_when_stored(Turn& turn, const Asker& asker, wire::Ok ok) {
    Storage& storage = turn.state.storage;
    if (storage.topology_batch <= storage.committed_batch)
        return succeed(turn, asker, std::move(ok));
    storage.await(storage.topology_batch, Answer{asker.connection, {asker.id, std::move(ok)}});
}

void record_settled(Turn& turn) {
    for (Queue* queue : turn.state.storage.take_settled()) {
        const auto ranges = tidied(queue->shelf()->take_settled());
        facts::Tape& tape = *turn.out.tape;
        const std::uint64_t before = tape.total_bytes();
        const facts::Place place = tape.settled(queue->id.number(), ranges);
        turn.state.storage.segments.wrote(place, tape.total_bytes() - before);
        tape.promise_sync_within(settled_within_ms);
    }
}

void bring_nearer(Turn& turn, Queue& queue) {
    const bool wanted = !queue.consumers.empty() || !queue.shelf()->waiting.empty();
    if (wanted && queue.has_fresh()) offer(turn, queue);
    load(turn, queue, wanted);
}

facts::QueueDeclared fact_of(const Queue& queue) {
    const Shelf& shelf = *queue.shelf();
    facts::QueueDeclared fact;
    fact.queue = queue.id.number();
    fact.name = queue.name;
    fact.auto_delete = queue.options.auto_delete;
    fact.max_messages = queue.options.max_messages;
    fact.max_bytes = queue.options.max_bytes;
    fact.durability = shelf.durability.kind;
    fact.interval_ms = shelf.durability.interval_ms;
    fact.next_sequence = queue.next_sequence();
    fact.offered = shelf.offered_written();
    return fact;
}

void batch_committed(Turn& turn, const Committed& command) {
    Storage& storage = turn.state.storage;
    storage.committed_batch = command.batch;
    storage.committed_bytes = command.tape_bytes;
    storage.committed_segment = command.segment;
    std::vector<QueueId> queues;
    while (!storage.awaiting.empty() && storage.awaiting.front().batch <= command.batch) {
        auto what = std::move(storage.awaiting.front().what);
        storage.awaiting.pop_front();
        if (const auto* queue = std::get_if<QueueId>(&what)) {
            queues.push_back(*queue);
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
        queue->shelf()->commit(command.batch);
        dispatch(turn, *queue);
    }
    clean(turn);
}

void messages_loaded(Turn& turn, const Loaded& command) {
    if (command.to_keep) return messages_reread(turn, command);
    Queue* queue = turn.state.topology.queue(command.queue);
    if (queue == nullptr) return;
    queue->shelf()->loading = false;
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
        queue->load(loaded.sequence, heading, arrival, turn.now);
    }
    dispatch(turn, *queue);
}

void report_lost(Turn& turn, Queue& queue, std::uint64_t sequence) {
    const auto place = queue.lose(sequence);
    if (!place) return;
    ++turn.state.counters.dropped_damaged;
    turn.out.list.emplace_back(ReportDamage{queue.name, sequence, *place});
}

void storage_changed(Turn& turn, const StorageState& command) {
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
