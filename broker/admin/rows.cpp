#include "broker/admin/rows.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace zex::admin {
namespace {

using core::Consumer;
using core::Core;
using core::Queue;
using core::Session;

std::uint64_t age_ms(const std::optional<Instant>& since, Instant now) {
    return since ? whole_milliseconds(now - *since) : 0;
}

bool can_anyone_take(const Queue& queue) {
    return std::any_of(queue.consumers.begin(), queue.consumers.end(),
                       [](const Consumer* consumer) { return consumer->can_take(); });
}

/// How long nothing may leave a queue before it is called stalled or held.
constexpr Duration patience = 2 * RateMeter::window;
/// A backlog is growing when it would take longer than this to be consumed.
constexpr double growing_seconds = 5;

/// Unacked messages of the queue that no present consumer of it holds: taken by `get`, or by a
/// consumer that was cancelled.
std::uint64_t held_by_others(const Queue& queue) {
    std::uint64_t with_consumers = 0;
    for (const Consumer* consumer : queue.consumers) with_consumers += consumer->unsettled.count();
    return queue.unacked() - std::min(queue.unacked(), with_consumers);
}

bool grows(const Queue& queue, Instant now) {
    const double out = queue.ack_rate(now);
    return queue.in_rate(now) > 1.1 * out &&
           static_cast<double>(queue.ready()) > growing_seconds * std::max(out, 1.0);
}

/// The first of these that is so: the owner's connection is lost; no room; messages and nobody to
/// take them; messages, nobody with credit left, and for some time none left; messages held by
/// nobody who consumes, likewise; more come in than are acked.
std::string state_of(const Queue& queue, const Session* owner, Instant now) {
    if (owner != nullptr && !owner->connection) return "suspended";
    if (queue.is_full()) return queue.options.drops_head ? "dropping" : "full";
    if (queue.ready() > 0 && queue.consumers.empty()) return "unattended";
    const std::optional<Instant> last = queue.last_progress();
    const bool still = !last || now - *last >= patience;
    if (still && queue.ready() > 0 && !can_anyone_take(queue)) return "stalled";
    if (still && held_by_others(queue) > 0) return "held";
    return grows(queue, now) ? "growing" : "ok";
}

std::string type_of(const core::QueueOptions& options) {
    if (options.durable) return "durable";
    return options.exclusive ? "temporary" : "transient";
}

wire::QueueView row_of(const Queue& queue, const Session* owner, Instant now) {
    wire::QueueView row;
    row.name = queue.name;
    row.type = type_of(queue.options);
    if (queue.options.durable) row.durability = text_of(queue.options.durability);
    row.ready = queue.ready();
    row.unacked = queue.unacked();
    if (const core::Message* head = queue.head()) row.oldest_ms = age_ms(head->enqueued, now);
    row.consumers = queue.consumers.size();
    row.in_rate = queue.in_rate(now);
    row.out_rate = queue.out_rate(now);
    row.ack_rate = queue.ack_rate(now);
    row.redelivered = queue.counters().redelivered;
    row.dropped = queue.counters().dropped;
    row.refused = queue.counters().refused;
    row.state = state_of(queue, owner, now);
    row.idle_ms = age_ms(queue.last_progress(), now);
    row.held = held_by_others(queue);
    row.bytes = queue.bytes();
    row.published = queue.counters().published;
    row.delivered = queue.counters().delivered;
    row.acked = queue.counters().acked;
    row.max_messages = queue.options.max_messages;
    row.max_bytes = queue.options.max_bytes;
    row.overflow = queue.options.drops_head ? "drop_head" : "refuse";
    row.auto_delete = queue.options.auto_delete;
    if (owner != nullptr) row.session = owner->name;
    return row;
}

std::string state_of(const Consumer& consumer) {
    if (consumer.queue == nullptr) return "cancelled";
    if (!consumer.session.connection) return "suspended";
    return consumer.can_take() ? "ready" : "waiting";
}

wire::ConsumerView row_of(const Session& session) {
    wire::ConsumerView row;
    row.session = session.name;
    row.client = session.client;
    row.peer = session.peer;
    return row;
}

/// The queue that the first of the deliveries held is from; empty where it was deleted.
std::string queue_held_from(const core::UnsettledDeliveries& held, const Core& core) {
    std::optional<QueueId> id;
    held.each([&](const core::Unsettled& delivery) {
        if (!id) id = delivery.queue;
        return !id;
    });
    const Queue* queue = id ? core.topology().queue(*id) : nullptr;
    return queue == nullptr ? std::string() : queue->name;
}

wire::ConsumerView row_of(const Consumer& consumer, const Core& core, Instant now) {
    wire::ConsumerView row = row_of(consumer.session);
    row.consumer = consumer.name;
    row.queue = consumer.queue != nullptr ? consumer.queue->name
                                          : queue_held_from(consumer.unsettled, core);
    row.unacked = consumer.unsettled.count();
    row.unacked_bytes = consumer.unsettled.bytes();
    row.oldest_unacked_ms = age_ms(consumer.unsettled.oldest(), now);
    row.credit = consumer.options.credit;
    row.credit_bytes = consumer.options.credit_bytes;
    row.no_ack = consumer.options.no_ack;
    row.state = state_of(consumer);
    row.delivered = consumer.delivered;
    row.acked = consumer.acked;
    return row;
}

/// One row for each queue that the session holds messages of by `get`: no consumer, state get.
void append_taken(std::vector<wire::ConsumerView>& rows, const Session& session, const Core& core,
                  Instant now) {
    std::map<QueueId, wire::ConsumerView> by_queue;
    session.taken.each([&](const core::Unsettled& held) {
        const auto [entry, first] = by_queue.try_emplace(held.queue);
        wire::ConsumerView& row = entry->second;
        if (first) {
            const Queue* queue = core.topology().queue(held.queue);
            row = row_of(session);
            row.state = "get";
            if (queue != nullptr) row.queue = queue->name;
        }
        ++row.unacked;
        row.unacked_bytes += held.message.bytes();
        row.oldest_unacked_ms = std::max(row.oldest_unacked_ms, age_ms(held.since, now));
        return true;
    });
    for (auto& [queue, row] : by_queue) rows.push_back(std::move(row));
}

}  // namespace

std::vector<wire::QueueView> queue_rows(const Core& core, Instant now) {
    std::vector<wire::QueueView> rows;
    for (const Queue* queue : core.topology().all_queues()) {
        rows.push_back(row_of(*queue, core.sessions().find(queue->owner), now));
    }
    return rows;
}

std::vector<wire::ExchangeView> exchange_rows(const Core& core, Instant now) {
    std::vector<wire::ExchangeView> rows;
    for (const core::Exchange* exchange : core.topology().all_exchanges()) {
        wire::ExchangeView row;
        row.name = exchange->name;
        row.kind = exchange->kind;
        row.bindings = exchange->bindings();
        row.in_rate = exchange->in.per_second(now);
        row.published = exchange->published;
        row.routed = exchange->routed;
        row.unroutable = exchange->unroutable;
        row.refused = exchange->refused;
        row.auto_delete = exchange->auto_delete;
        row.durable = exchange->durable;
        rows.push_back(row);
    }
    return rows;
}

std::vector<wire::BindingView> binding_rows(const Core& core) {
    std::vector<wire::BindingView> rows;
    for (const core::Exchange* exchange : core.topology().all_exchanges()) {
        exchange->each_binding([&](const std::string& key, const Queue& queue) {
            rows.push_back({exchange->name, key, queue.name});
        });
    }
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return std::tie(a.exchange, a.key, a.queue) < std::tie(b.exchange, b.key, b.queue);
    });
    return rows;
}

std::vector<wire::SessionView> session_rows(const Core& core) {
    std::vector<wire::SessionView> rows;
    for (const Session* session : core.sessions().all()) {
        wire::SessionView row;
        row.session = session->name;
        row.client = session->client;
        row.peer = session->peer;
        row.form = session->form == wire::Form::json ? "json" : "msgpack";
        row.state = session->connection ? "connected" : "suspended";
        row.epoch = session->epoch;
        row.queues = session->queues.size();
        row.consumers = session->consumers.size();
        row.unacked = session->unacked();
        row.published = session->published;
        row.delivered = session->delivered;
        row.heartbeat_ms = session->heartbeat_ms;
        row.grace_ms = session->grace_ms;
        rows.push_back(row);
    }
    return rows;
}

std::vector<wire::ConsumerView> consumer_rows(const Core& core, Instant now) {
    std::vector<wire::ConsumerView> rows;
    for (const Session* session : core.sessions().all()) {
        for (const auto& [name, consumer] : session->consumers) {
            rows.push_back(row_of(*consumer, core, now));
        }
        append_taken(rows, *session, core, now);
    }
    return rows;
}

}  // namespace zex::admin
