#include "broker/core/dispatch.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "broker/core/durable.h"
#include "broker/core/purge.h"

namespace zex::core {
namespace {

/// Most messages to one consumer before the next one has its turn.
constexpr std::uint64_t longest_run = 64;

/// Deliveries of one queue within one dispatch, counted once at its end.
struct Tally {
    std::uint64_t all = 0;
    std::uint64_t repeated = 0;
    std::uint64_t auto_acked = 0;

    void count(const Message& message) {
        ++all;
        if (message.deliveries > 1) ++repeated;
    }
    void enter(Turn& turn, Queue& queue) const {
        queue.count_deliveries(all, repeated, turn.now);
        turn.state.counters.delivered += all;
        turn.state.counters.redelivered += repeated;
        turn.state.counters.auto_acked += auto_acked;
    }
};

/// Takes the head for this consumer; gives the tag.
std::uint64_t hand_over(Turn& turn, Queue& queue, Consumer& consumer, Tally& tally) {
    Message message = queue.take();
    ++message.deliveries;
    tally.count(message);
    ++consumer.burst_sent;
    consumer.burst_sent_bytes += message.bytes();
    const std::uint64_t tag = ++consumer.session.last_tag;
    if (consumer.options.no_ack) {
        queue.acked(message, turn.now);
        ++tally.auto_acked;
        turn.out.messages.push_back(std::move(message));
        return tag;
    }
    turn.out.messages.push_back(message);
    consumer.unsettled.add(tag, std::move(message), queue.id, turn.now);
    return tag;
}

void deliver_run(Turn& turn, Queue& queue, Consumer& consumer, std::uint64_t most, Tally& tally) {
    Deliver run;
    run.to = *consumer.session.connection;
    run.consumer = consumer.id;
    run.name = consumer.name;
    run.batch = consumer.session.batch;
    run.data = consumer.options.data;
    run.begin = turn.out.messages.size();
    std::uint64_t count = 0;
    while (count < most && queue.has_deliverable() && consumer.can_take()) {
        const std::uint64_t tag = hand_over(turn, queue, consumer, tally);
        if (count++ == 0) run.first_tag = tag;
    }
    run.end = turn.out.messages.size();
    consumer.delivered += count;
    consumer.session.delivered += count;
    turn.out.list.push_back(run);
    if (!consumer.has_burst_left() && !std::exchange(queue.unfinished, true)) {
        turn.state.unfinished.push_back(queue.id);
    }
}

/// Those that waited for a message of a durable queue to be stored and read, and purges behind
/// them.
void serve_waiting_gets(Turn& turn, Queue& queue) {
    auto& waiting = queue.durable()->waiting;
    while (!waiting.empty() &&
           (waiting.front().purges || queue.has_deliverable() || queue.ready() == 0)) {
        const WaitingGet get = std::move(waiting.front());
        waiting.pop_front();
        Session* session = turn.state.sessions.find(get.session);
        if (session == nullptr || session->connection != get.connection) continue;
        const Asker asker{*session, get.connection, get.id};
        if (get.purges) {
            purge_now(turn, asker, queue);
        } else if (queue.ready() > 0) {
            deliver_taken(turn, asker, queue, get.verb);
        } else {
            turn.out.list.push_back(Answer{get.connection, {get.id, wire::Empty{}}});
        }
    }
}

}  // namespace

void dispatch(Turn& turn, Queue& queue) {
    if (turn.state.shutting_down) return;
    if (queue.options.durable) serve_waiting_gets(turn, queue);
    Tally tally;
    while (queue.has_deliverable()) {
        Consumer* consumer = queue.turn.first();
        if (consumer == nullptr) break;
        const std::uint64_t share = queue.ready() / queue.turn.size();
        deliver_run(turn, queue, *consumer, std::clamp<std::uint64_t>(share, 1, longest_run),
                    tally);
        queue.turn.pass();
    }
    if (tally.all > 0) tally.enter(turn, queue);
    if (queue.options.durable) prefetch(turn, queue);
}

void dispatch_unfinished(Turn& turn) {
    for (const QueueId id : std::exchange(turn.state.unfinished, {})) {
        Queue* queue = turn.state.topology.queue(id);
        if (queue == nullptr) continue;
        queue->unfinished = false;
        for (Consumer* consumer : queue->consumers) {
            consumer->burst_sent = 0;
            consumer->burst_sent_bytes = 0;
            queue->turn.offer(*consumer);
        }
        dispatch(turn, *queue);
    }
}

void deliver_taken(Turn& turn, const Asker& asker, Queue& queue, const wire::Get& verb) {
    Tally tally;
    Message message = queue.take();
    ++message.deliveries;
    tally.count(message);
    Deliver delivery;
    delivery.to = asker.connection;
    delivery.data = verb.data;
    delivery.id = asker.id;
    delivery.remaining = queue.ready();
    delivery.begin = turn.out.messages.size();
    delivery.end = delivery.begin + 1;
    turn.out.messages.push_back(message);
    if (verb.no_ack) {
        queue.acked(message, turn.now);
        ++tally.auto_acked;
    } else {
        delivery.first_tag = ++asker.session.last_tag;
        asker.session.taken.add(delivery.first_tag, std::move(message), queue.id, turn.now);
    }
    ++asker.session.delivered;
    tally.enter(turn, queue);
    turn.out.list.push_back(delivery);
}

}  // namespace zex::core
