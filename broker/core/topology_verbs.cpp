#include "broker/core/topology_verbs.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/consume.h"
#include "broker/core/dispatch.h"
#include "broker/core/durable.h"
#include "broker/core/topology_facts.h"
#include "common/base/text.h"

namespace zex::core {
namespace {

std::string quoted(std::string_view name) {
    return "'" + escaped(name) + "'";
}

std::string shown(bool value) {
    return value ? "true" : "false";
}
std::string shown(std::uint64_t value) {
    return std::to_string(value);
}
std::string shown(const std::string& value) {
    return quoted(value);
}

/// Collects the fields in which a declaration differs from what is there.
class Differences {
  public:
    template <class Value>
    void compare(const char* field, const Value& there, const Value& asked) {
        if (there == asked) return;
        fields_.emplace_back(field);
        if (!sentence_.empty()) sentence_ += ", ";
        sentence_ += std::string(field) + " is " + shown(there) + ", asked for " + shown(asked);
    }
    bool any() const { return !fields_.empty(); }

    void answer(Turn& turn, const Asker& asker, const std::string& what) && {
        ++turn.state.counters.errors_answered;
        Error error =
            zex::error(ErrorCode::properties_differ,
                       what + " exists with other properties: " + sentence_, fields_.front());
        turn.out.list.push_back(Answer{
            asker.connection, {asker.id, wire::ErrorReply{std::move(error), std::move(fields_)}}});
    }

  private:
    std::vector<std::string> fields_;
    std::string sentence_;
};

Error reserved(const std::string& name, const char* field) {
    return error(ErrorCode::reserved_name,
                 quoted(name) +
                     " is reserved: names beginning with $, amq. or zex. are the "
                     "broker's",
                 field);
}

Error at_limit(const char* what, std::uint64_t limit, const char* option) {
    return error(ErrorCode::limit_reached, "the broker has its " + std::to_string(limit) + " " +
                                               what + "; delete some or raise " + option);
}

Error no_exchange(const std::string& name) {
    return error(ErrorCode::no_such_exchange,
                 "no exchange is named " + quoted(name) + "; declare it first", "exchange");
}

/// The exchange of this name if bindings may be changed there; else answers and gives null.
Exchange* bindable_exchange(Turn& turn, const Asker& asker, const std::string& name) {
    Exchange* exchange = turn.state.topology.exchange(name);
    if (exchange == nullptr) {
        fail(turn, asker, no_exchange(name));
    } else if (name.empty()) {
        fail(turn, asker,
             error(ErrorCode::reserved_name,
                   "every queue is bound to the default exchange by its name; other bindings "
                   "cannot be made or removed",
                   "exchange"));
        exchange = nullptr;
    }
    return exchange;
}

constexpr std::string_view overflow_refuse = "refuse";
constexpr std::string_view overflow_drop_head = "drop_head";

std::string overflow_text(const QueueOptions& options) {
    return std::string(options.drops_head ? overflow_drop_head : overflow_refuse);
}

/// Why a queue cannot behave so at its bounds, if it cannot.
std::optional<Error> overflow_trouble(const wire::DeclareQueue& verb) {
    if (verb.overflow.empty() || verb.overflow == overflow_refuse) return std::nullopt;
    if (verb.overflow != overflow_drop_head) {
        return error(ErrorCode::bad_field,
                     "overflow is " + quoted(verb.overflow) + "; give refuse or drop_head",
                     "overflow");
    }
    if (!verb.durable) return std::nullopt;
    return error(ErrorCode::bad_field, "a durable queue refuses what it has no room for",
                 "overflow");
}

QueueOptions options_of(const wire::DeclareQueue& verb, const Limits& limits) {
    QueueOptions options;
    options.exclusive = verb.exclusive || verb.queue.empty();
    options.auto_delete = verb.auto_delete;
    options.durable = verb.durable;
    const bool durable = verb.durable;
    options.max_messages =
        verb.max_messages.value_or(durable ? limits.durable_queue_messages : limits.queue_messages);
    options.max_bytes =
        verb.max_bytes.value_or(durable ? limits.durable_queue_bytes : limits.queue_bytes);
    if (const auto durability = parse_durability(verb.durability)) {
        options.durability = *durability;
    }
    options.drops_head = verb.overflow == overflow_drop_head;
    return options;
}

/// Why the request for a durable queue cannot be met, if it cannot.
std::optional<Error> durable_trouble(const Turn& turn, const wire::DeclareQueue& verb) {
    if (!parse_durability(verb.durability)) {
        return error(ErrorCode::bad_field,
                     "durability is " + quoted(verb.durability) +
                         "; give sync, interval MILLISECONDS (1 to " +
                         std::to_string(interval_most_ms) + ") or none",
                     "durability");
    }
    if (!verb.durable) {
        if (verb.durability.empty()) return std::nullopt;
        return error(ErrorCode::bad_field, "durability is for durable queues; say durable, too",
                     "durability");
    }
    if (verb.exclusive || verb.queue.empty()) {
        return error(ErrorCode::bad_field,
                     "a queue of one session ends with it and cannot be durable", "durable");
    }
    return why_not_durable(turn);
}

void answer_declared(Turn& turn, const Asker& asker, const Queue& queue) {
    wire::Ok ok;
    ok.queue = queue.name;
    ok.messages = queue.ready();
    ok.consumers = queue.consumers.size();
    succeed_when_stored(turn, asker, std::move(ok));
}

void redeclare(Turn& turn, const Asker& asker, const Queue& queue, const wire::DeclareQueue& verb) {
    const QueueOptions asked = options_of(verb, turn.state.limits);
    Differences differences;
    if (!verb.passive) {
        differences.compare("durable", queue.options.durable, asked.durable);
        // An exclusive queue is this session's own, whether that is said again or not.
        if (asked.exclusive) differences.compare("exclusive", queue.options.exclusive, true);
        differences.compare("auto_delete", queue.options.auto_delete, asked.auto_delete);
        // What is not named has the default of the time when the queue was made.
        if (verb.max_messages) {
            differences.compare("max_messages", queue.options.max_messages, asked.max_messages);
        }
        if (verb.max_bytes) {
            differences.compare("max_bytes", queue.options.max_bytes, asked.max_bytes);
        }
        if (!verb.durability.empty()) {
            differences.compare("durability", text_of(queue.options.durability),
                                text_of(asked.durability));
        }
        if (!verb.overflow.empty()) {
            differences.compare("overflow", overflow_text(queue.options), overflow_text(asked));
        }
    }
    if (differences.any()) {
        return std::move(differences).answer(turn, asker, "queue " + quoted(queue.name));
    }
    answer_declared(turn, asker, queue);
}

std::uint64_t Counters::*counter_of(QueueEnd why) {
    switch (why) {
        case QueueEnd::session_ended:
            return &Counters::dropped_session_ended;
        case QueueEnd::auto_deleted:
            return &Counters::dropped_auto_deleted;
        case QueueEnd::deleted:
            break;
    }
    return &Counters::dropped_queue_deleted;
}

void refuse_waiting_gets(Turn& turn, const Queue& queue) {
    for (const WaitingGet& get : queue.durable()->waiting) {
        turn.out.list.push_back(
            Answer{get.connection,
                   {get.id,
                    wire::ErrorReply{error(ErrorCode::queue_deleted,
                                           "queue " + quoted(queue.name) + " was deleted", "queue"),
                                     {}}}});
    }
}

}  // namespace

void declare(Turn& turn, const Asker& asker, const wire::DeclareExchange& verb) {
    Topology& topology = turn.state.topology;
    wire::Ok ok;
    ok.exchange = verb.exchange;
    if (const Exchange* there = topology.exchange(verb.exchange)) {
        Differences differences;
        if (!verb.passive) {
            differences.compare("kind", there->kind, verb.kind);
            differences.compare("durable", there->durable, verb.durable);
            differences.compare("auto_delete", there->auto_delete, verb.auto_delete);
        }
        if (differences.any()) {
            return std::move(differences).answer(turn, asker, "exchange " + quoted(verb.exchange));
        }
        return succeed_when_stored(turn, asker, std::move(ok));
    }
    if (verb.passive) return fail(turn, asker, no_exchange(verb.exchange));
    if (verb.durable) {
        if (auto error = why_not_durable(turn)) return fail(turn, asker, std::move(*error));
    }
    if (is_reserved_name(verb.exchange)) {
        return fail(turn, asker, reserved(verb.exchange, "exchange"));
    }
    const std::uint64_t limit = turn.state.limits.exchanges;
    if (topology.exchanges() >= limit) {
        return fail(turn, asker, at_limit("exchanges", limit, "limits.exchanges_max"));
    }
    Exchange* exchange = topology.add_exchange(verb.exchange, verb.kind, verb.auto_delete);
    if (exchange == nullptr) {
        return fail(
            turn, asker,
            error(ErrorCode::bad_field,
                  "kind " + quoted(verb.kind) + " is not known; this version has: direct", "kind"));
    }
    exchange->durable = verb.durable;
    TopologyFacts facts(turn);
    facts.declared(*exchange);
    facts.write();
    succeed_when_stored(turn, asker, std::move(ok));
}

void remove(Turn& turn, const Asker& asker, const wire::DeleteExchange& verb) {
    Exchange* exchange = bindable_exchange(turn, asker, verb.exchange);
    if (exchange == nullptr) return;
    if (verb.if_unused && exchange->bindings() > 0) {
        return fail(turn, asker,
                    error(ErrorCode::in_use,
                          "exchange " + quoted(verb.exchange) + " has " +
                              std::to_string(exchange->bindings()) + " bindings",
                          "if_unused"));
    }
    if (exchange->durable) {
        if (auto error = why_not_removed(turn)) return fail(turn, asker, std::move(*error));
    }
    TopologyFacts facts(turn);
    facts.removed(*exchange);
    turn.state.topology.remove_exchange(*exchange);
    facts.write();
    wire::Ok ok;
    ok.exchange = verb.exchange;
    succeed_when_stored(turn, asker, std::move(ok));
}

void declare(Turn& turn, const Asker& asker, const wire::DeclareQueue& verb) {
    Topology& topology = turn.state.topology;
    if (!verb.passive) {
        if (auto error = durable_trouble(turn, verb)) return fail(turn, asker, std::move(*error));
        if (auto error = overflow_trouble(verb)) return fail(turn, asker, std::move(*error));
    }
    if (!verb.queue.empty() && (verb.passive || topology.queue(verb.queue) != nullptr)) {
        if (Queue* there = usable_queue(turn, asker, verb.queue)) {
            redeclare(turn, asker, *there, verb);
        }
        return;
    }
    if (verb.passive) {
        return fail(turn, asker,
                    error(ErrorCode::missing_field,
                          "queue is needed to ask for one: name it or drop passive", "queue"));
    }
    if (is_reserved_name(verb.queue)) return fail(turn, asker, reserved(verb.queue, "queue"));
    const std::uint64_t limit = turn.state.limits.queues;
    if (topology.queues() >= limit) {
        return fail(turn, asker, at_limit("queues", limit, "limits.queues_max"));
    }
    const QueueOptions options = options_of(verb, turn.state.limits);
    const std::string name = verb.queue.empty() ? "zex.tmp-" + turn.state.random_hex() : verb.queue;
    const SessionId owner = options.exclusive ? asker.session.id : SessionId();
    Queue& queue = topology.add_queue(name, options, owner);
    if (options.exclusive) asker.session.queues.insert(queue.id);
    TopologyFacts facts(turn);
    facts.declared(queue);
    facts.write();
    answer_declared(turn, asker, queue);
}

void remove(Turn& turn, const Asker& asker, const wire::DeleteQueue& verb) {
    Queue* queue = usable_queue(turn, asker, verb.queue);
    if (queue == nullptr) return;
    if (verb.if_unused && !queue->consumers.empty()) {
        return fail(turn, asker,
                    error(ErrorCode::in_use,
                          "queue " + quoted(verb.queue) + " has " +
                              std::to_string(queue->consumers.size()) + " consumers",
                          "if_unused"));
    }
    if (verb.if_empty && queue->messages() > 0) {
        return fail(turn, asker,
                    error(ErrorCode::not_empty,
                          "queue " + quoted(verb.queue) + " has " +
                              std::to_string(queue->messages()) + " messages",
                          "if_empty"));
    }
    if (queue->options.durable) {
        if (auto error = why_not_removed(turn)) return fail(turn, asker, std::move(*error));
    }
    wire::Ok ok;
    ok.queue = verb.queue;
    ok.messages = queue->messages();
    delete_queue(turn, *queue, QueueEnd::deleted);
    succeed_when_stored(turn, asker, std::move(ok));
}

void bind(Turn& turn, const Asker& asker, const wire::Bind& verb) {
    Queue* queue = usable_queue(turn, asker, verb.queue);
    if (queue == nullptr) return;
    Exchange* exchange = bindable_exchange(turn, asker, verb.exchange);
    if (exchange == nullptr) return;
    if (exchange->durable && queue->options.durable) {
        if (auto error = why_not_durable(turn)) return fail(turn, asker, std::move(*error));
    }
    Topology& topology = turn.state.topology;
    const std::uint64_t limit = turn.state.limits.bindings;
    const auto is_new = [&](const std::string& key) {
        return !queue->bindings.contains({exchange, key});
    };
    const auto added = std::count_if(verb.keys.begin(), verb.keys.end(), is_new);
    if (topology.bindings() + static_cast<std::uint64_t>(added) > limit) {
        return fail(turn, asker, at_limit("bindings", limit, "limits.bindings_max"));
    }
    wire::Ok ok;
    ok.changed = 0;
    TopologyFacts facts(turn);
    for (const std::string& key : verb.keys) {
        if (!topology.bind(*queue, *exchange, key)) continue;
        ++*ok.changed;
        facts.bound(*exchange, key, *queue);
    }
    facts.write();
    succeed_when_stored(turn, asker, std::move(ok));
}

void unbind(Turn& turn, const Asker& asker, const wire::Unbind& verb) {
    Queue* queue = usable_queue(turn, asker, verb.queue);
    if (queue == nullptr) return;
    Exchange* exchange = bindable_exchange(turn, asker, verb.exchange);
    if (exchange == nullptr) return;
    if (exchange->durable && queue->options.durable) {
        if (auto error = why_not_removed(turn)) return fail(turn, asker, std::move(*error));
    }
    wire::Ok ok;
    ok.changed = 0;
    TopologyFacts facts(turn);
    for (const std::string& key : verb.keys) {
        // The first key may have been an auto-delete exchange's last binding.
        exchange = turn.state.topology.exchange(verb.exchange);
        if (exchange == nullptr) break;
        if (facts.unbind(*exchange, key, *queue)) ++*ok.changed;
    }
    facts.write();
    succeed_when_stored(turn, asker, std::move(ok));
}

void delete_queue(Turn& turn, Queue& queue, QueueEnd why) {
    turn.state.counters.*counter_of(why) += queue.messages();
    queue.turn.clear();
    if (queue.options.durable) refuse_waiting_gets(turn, queue);
    const std::vector<Consumer*> consumers = std::exchange(queue.consumers, {});
    for (Consumer* consumer : consumers) cancel_with_queue(turn, *consumer, queue);
    if (Session* owner = turn.state.sessions.find(queue.owner)) owner->queues.erase(queue.id);
    TopologyFacts facts(turn);
    facts.remove(queue);
    facts.write();
}

}  // namespace zex::core
