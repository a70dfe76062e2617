#include "broker/core/consume.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/dispatch.h"
#include "broker/core/durable.h"
#include "broker/core/topology_verbs.h"
#include "common/base/text.h"

namespace zex::core {
namespace {

/// Answers and gives false where a credit asked for is not one.
bool check_credit(Turn& turn, const Asker& asker, const std::optional<std::uint64_t>& credit,
                  const std::optional<std::uint64_t>& credit_bytes) {
    const std::uint64_t most = turn.state.limits.credit_max;
    if (credit && (*credit == 0 || *credit > most)) {
        fail(turn, asker,
             error(ErrorCode::bad_field,
                   "credit is " + std::to_string(*credit) + "; give 1 to " + std::to_string(most),
                   "credit"));
        return false;
    }
    if (credit_bytes && *credit_bytes == 0) {
        fail(turn, asker,
             error(ErrorCode::bad_field, "credit_bytes is 0; give at least 1", "credit_bytes"));
        return false;
    }
    return true;
}

std::string free_name(Session& session) {
    std::string name;
    do {
        name = "c-" + std::to_string(++session.consumers_named);
    } while (session.consumers.contains(name));
    return name;
}

/// The session's consumer of this name; else answers and gives null.
Consumer* consumer_named(Turn& turn, const Asker& asker, const std::string& name) {
    const auto found = asker.session.consumers.find(name);
    if (found != asker.session.consumers.end() && found->second->queue != nullptr) {
        return found->second.get();
    }
    fail(turn, asker,
         error(ErrorCode::no_such_consumer,
               "session " + asker.session.name + " has no consumer named '" + escaped(name) + "'",
               "consumer"));
    return nullptr;
}

/// Out of the queue's turn and list; the queue goes too if it was waiting for that.
void leave_queue(Turn& turn, Consumer& consumer) {
    Queue& queue = *consumer.queue;
    queue.turn.remove(consumer);
    std::erase(queue.consumers, &consumer);
    consumer.queue = nullptr;
    if (queue.options.auto_delete && queue.consumers.empty()) {
        delete_queue(turn, queue, QueueEnd::auto_deleted);
    }
}

ConsumerOptions options_of(const wire::Consume& verb, const Limits& limits) {
    ConsumerOptions options;
    options.credit = verb.credit.value_or(limits.credit);
    options.credit_bytes = verb.credit_bytes.value_or(limits.credit_bytes);
    options.no_ack = verb.no_ack;
    options.data = verb.data;
    return options;
}

/// The head of a durable queue is not yet stored, or not yet read.
void wait_for_head(Turn& turn, const Asker& asker, Queue& queue, const wire::Get& verb) {
    auto& waiting = queue.durable()->waiting;
    if (waiting.size() < waiting_gets) {
        waiting.push_back({asker.session.id, asker.connection, asker.id, verb});
        return;
    }
    fail(turn, asker,
         error(ErrorCode::limit_reached, std::to_string(waiting_gets) +
                                             " requests wait for messages of queue '" +
                                             escaped(queue.name) + "'; wait for their answers"));
}

/// The request asks for what this consumer is already. What it does not name is not compared.
bool is_same(const Consumer& consumer, const Queue& queue, const wire::Consume& verb) {
    return consumer.queue == &queue && consumer.options.no_ack == verb.no_ack &&
           consumer.options.data == verb.data &&
           verb.credit.value_or(consumer.options.credit) == consumer.options.credit &&
           verb.credit_bytes.value_or(consumer.options.credit_bytes) ==
               consumer.options.credit_bytes;
}

Error has_consumer(const Session& session, const std::string& name) {
    return error(ErrorCode::consumer_exists,
                 "session " + session.name + " already has a consumer named '" + escaped(name) +
                     "', of another queue or with other settings; choose another name or cancel it",
                 "consumer");
}

/// A consumer of this name; one that was cancelled and holds deliveries still keeps them.
Consumer& add_consumer(Turn& turn, Session& session, const std::string& name, Queue& queue,
                       const ConsumerOptions& options) {
    auto& consumer = session.consumers[name];
    if (consumer == nullptr) {
        consumer = std::make_unique<Consumer>(ConsumerId(++turn.state.last_consumer_id), name,
                                              session, queue, options);
    } else {
        consumer->queue = &queue;
        consumer->options = options;
    }
    queue.consumers.push_back(consumer.get());
    return *consumer;
}

}  // namespace

void consume(Turn& turn, const Asker& asker, const wire::Consume& verb) {
    Session& session = asker.session;
    Queue* queue = usable_queue(turn, asker, verb.queue);
    if (queue == nullptr) return;
    if (!check_credit(turn, asker, verb.credit, verb.credit_bytes)) return;
    wire::Ok ok;
    ok.queue = queue->name;
    const auto found = session.consumers.find(verb.consumer);
    if (found != session.consumers.end() && found->second->queue != nullptr) {
        if (!is_same(*found->second, *queue, verb)) {
            return fail(turn, asker, has_consumer(session, verb.consumer));
        }
        ok.consumer = verb.consumer;
        return succeed(turn, asker, std::move(ok));
    }
    const std::uint64_t limit = turn.state.limits.session_consumers;
    if (found == session.consumers.end() && session.consumers.size() >= limit) {
        return fail(turn, asker,
                    error(ErrorCode::limit_reached,
                          "session " + session.name + " has its " + std::to_string(limit) +
                              " consumers; cancel some or raise limits.consumers_per_session_max"));
    }
    ok.consumer = verb.consumer.empty() ? free_name(session) : verb.consumer;
    Consumer& consumer =
        add_consumer(turn, session, *ok.consumer, *queue, options_of(verb, turn.state.limits));
    succeed(turn, asker, std::move(ok));
    queue->turn.offer(consumer);
    dispatch(turn, *queue);
}

void cancel(Turn& turn, const Asker& asker, const wire::Cancel& verb) {
    Consumer* consumer = consumer_named(turn, asker, verb.consumer);
    if (consumer == nullptr) return;
    wire::Ok ok;
    ok.consumer = verb.consumer;
    // What it holds may still be settled: then it lives on, without a queue, until that is done.
    if (consumer->unsettled.count() == 0) {
        remove_consumer(turn, *consumer);
    } else {
        leave_queue(turn, *consumer);
    }
    succeed_when_stored(turn, asker, std::move(ok));
}

void change_credit(Turn& turn, const Asker& asker, const wire::Credit& verb) {
    Consumer* consumer = consumer_named(turn, asker, verb.consumer);
    if (consumer == nullptr) return;
    if (!check_credit(turn, asker, verb.credit, verb.credit_bytes)) return;
    consumer->options.credit = verb.credit.value_or(consumer->options.credit);
    consumer->options.credit_bytes = verb.credit_bytes.value_or(consumer->options.credit_bytes);
    wire::Ok ok;
    ok.consumer = verb.consumer;
    succeed(turn, asker, std::move(ok));
    consumer->queue->turn.offer(*consumer);
    dispatch(turn, *consumer->queue);
}

void get(Turn& turn, const Asker& asker, const wire::Get& verb) {
    Queue* queue = usable_queue(turn, asker, verb.queue);
    if (queue == nullptr) return;
    if (queue->ready() == 0) {
        turn.out.list.push_back(Answer{asker.connection, {asker.id, wire::Empty{}}});
        return;
    }
    if (queue->has_deliverable()) {
        deliver_taken(turn, asker, *queue, verb);
    } else {
        wait_for_head(turn, asker, *queue, verb);
    }
    if (queue->options.durable) prefetch(turn, *queue);
}

void resume_consumers(Turn& turn, Session& session) {
    for (const auto& [name, consumer] : session.consumers) {
        if (consumer->queue == nullptr) continue;
        consumer->queue->turn.offer(*consumer);
        dispatch(turn, *consumer->queue);
    }
}

void cancel_with_queue(Turn& turn, Consumer& consumer, Queue& queue) {
    Session& session = consumer.session;
    for (const Unsettled& held : consumer.unsettled.take_of(queue.id)) queue.dropped(held.message);
    wire::Cancelled cancelled{
        consumer.name,
        error(ErrorCode::queue_deleted, "queue '" + escaped(queue.name) + "' was deleted")};
    if (session.connection) {
        turn.out.list.push_back(Answer{*session.connection, {std::nullopt, std::move(cancelled)}});
    } else {
        session.cancelled.push_back(std::move(cancelled));
    }
    queue.turn.remove(consumer);
    consumer.queue = nullptr;
    // What it holds of another queue, from before its name was used again, may still be settled.
    if (consumer.unsettled.count() > 0) return;
    session.consumers.erase(session.consumers.find(consumer.name));
}

void remove_consumer(Turn& turn, Consumer& consumer) {
    Session& session = consumer.session;
    if (consumer.queue != nullptr) leave_queue(turn, consumer);
    session.consumers.erase(session.consumers.find(consumer.name));
}

}  // namespace zex::core
