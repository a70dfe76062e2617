// The rows of `list`, `status` and `explain`: one struct a row, where a field is the JSON key, the
// CLI column and (later) the metric. describe() names the fields once, for all of them.
//
// Units: *_ms milliseconds; *_rate messages per second; bytes are payload and property bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace zex::wire {

struct QueueView {
    std::string name;
    std::string type;        ///< "transient", "temporary" or "durable"
    std::string durability;  ///< "sync", "interval N", "none"; empty: not durable
    std::uint64_t ready = 0;
    std::uint64_t unacked = 0;
    std::uint64_t oldest_ms = 0;  ///< age of the message at the head; 0 when none is ready
    std::uint64_t consumers = 0;
    double in_rate = 0;
    double out_rate = 0;
    double ack_rate = 0;
    std::uint64_t redelivered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t refused = 0;  ///< messages that were not published because it was full
    std::string state;  ///< ok, growing, held, stalled, unattended, dropping, full, suspended
    std::uint64_t idle_ms = 0;  ///< since a message last left it; 0 when none has
    std::uint64_t held = 0;     ///< unacked ones that no present consumer holds
    std::uint64_t bytes = 0;
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t acked = 0;
    std::uint64_t max_messages = 0;
    std::uint64_t max_bytes = 0;
    std::string overflow;  ///< at these bounds: refuse or drop_head
    bool auto_delete = false;
    std::string session;  ///< owner of an exclusive queue, else empty
};

template <class Visit>
void describe(Visit& visit, QueueView& row) {
    visit("name", row.name);
    visit("type", row.type);
    visit("durability", row.durability);
    visit("ready", row.ready);
    visit("unacked", row.unacked);
    visit("oldest_ms", row.oldest_ms);
    visit("consumers", row.consumers);
    visit("in_rate", row.in_rate);
    visit("out_rate", row.out_rate);
    visit("ack_rate", row.ack_rate);
    visit("redelivered", row.redelivered);
    visit("dropped", row.dropped);
    visit("refused", row.refused);
    visit("state", row.state);
    visit("idle_ms", row.idle_ms);
    visit("held", row.held);
    visit("bytes", row.bytes);
    visit("published", row.published);
    visit("delivered", row.delivered);
    visit("acked", row.acked);
    visit("max_messages", row.max_messages);
    visit("max_bytes", row.max_bytes);
    visit("overflow", row.overflow);
    visit("auto_delete", row.auto_delete);
    visit("session", row.session);
}

struct ExchangeView {
    std::string name;
    std::string kind;
    std::uint64_t bindings = 0;
    double in_rate = 0;
    std::uint64_t published = 0;
    std::uint64_t routed = 0;      ///< published messages that at least one queue took
    std::uint64_t unroutable = 0;  ///< published messages that no queue was bound for
    std::uint64_t refused = 0;     ///< published = routed + unroutable + refused
    bool auto_delete = false;
    bool durable = false;
};

template <class Visit>
void describe(Visit& visit, ExchangeView& row) {
    visit("name", row.name);
    visit("kind", row.kind);
    visit("bindings", row.bindings);
    visit("in_rate", row.in_rate);
    visit("published", row.published);
    visit("routed", row.routed);
    visit("unroutable", row.unroutable);
    visit("refused", row.refused);
    visit("auto_delete", row.auto_delete);
    visit("durable", row.durable);
}

struct BindingView {
    std::string exchange;
    std::string key;
    std::string queue;
};

template <class Visit>
void describe(Visit& visit, BindingView& row) {
    visit("exchange", row.exchange);
    visit("key", row.key);
    visit("queue", row.queue);
}

struct SessionView {
    std::string session;
    std::string client;
    std::string peer;   ///< listener and address, where known
    std::string form;   ///< json or msgpack
    std::string state;  ///< connected or suspended
    std::uint64_t epoch = 0;
    std::uint64_t queues = 0;  ///< exclusive to it
    std::uint64_t consumers = 0;
    std::uint64_t unacked = 0;
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t heartbeat_ms = 0;
    std::uint64_t grace_ms = 0;
};

template <class Visit>
void describe(Visit& visit, SessionView& row) {
    visit("session", row.session);
    visit("client", row.client);
    visit("peer", row.peer);
    visit("form", row.form);
    visit("state", row.state);
    visit("epoch", row.epoch);
    visit("queues", row.queues);
    visit("consumers", row.consumers);
    visit("unacked", row.unacked);
    visit("published", row.published);
    visit("delivered", row.delivered);
    visit("heartbeat_ms", row.heartbeat_ms);
    visit("grace_ms", row.grace_ms);
}

struct ConsumerView {
    std::string consumer;
    std::string queue;
    std::string session;
    std::string client;
    std::string peer;
    std::uint64_t unacked = 0;
    std::uint64_t unacked_bytes = 0;
    std::uint64_t oldest_unacked_ms = 0;  ///< how long its oldest unacked delivery has waited
    std::uint64_t credit = 0;
    std::uint64_t credit_bytes = 0;
    bool no_ack = false;
    std::string state;  ///< ready, waiting (out of credit), suspended, cancelled, get
    std::uint64_t delivered = 0;
    std::uint64_t acked = 0;
};

template <class Visit>
void describe(Visit& visit, ConsumerView& row) {
    visit("consumer", row.consumer);
    visit("queue", row.queue);
    visit("session", row.session);
    visit("client", row.client);
    visit("peer", row.peer);
    visit("unacked", row.unacked);
    visit("unacked_bytes", row.unacked_bytes);
    visit("oldest_unacked_ms", row.oldest_unacked_ms);
    visit("credit", row.credit);
    visit("credit_bytes", row.credit_bytes);
    visit("no_ack", row.no_ack);
    visit("state", row.state);
    visit("delivered", row.delivered);
    visit("acked", row.acked);
}

/// A message as `peek` shows it. `properties` and `payload` are written apart, see codec.
struct PeekView {
    std::uint64_t position = 0;  ///< 0 is the head
    std::string exchange;
    std::string key;
    std::uint64_t age_ms = 0;
    std::uint64_t deliveries = 0;
    std::uint64_t size = 0;
};

template <class Visit>
void describe(Visit& visit, PeekView& row) {
    visit("position", row.position);
    visit("exchange", row.exchange);
    visit("key", row.key);
    visit("age_ms", row.age_ms);
    visit("deliveries", row.deliveries);
    visit("size", row.size);
}

/// One line of `explain`: a queue, and whether and why the message would reach it.
struct ExplainView {
    std::string queue;
    bool takes = false;
    std::string reason;
};

template <class Visit>
void describe(Visit& visit, ExplainView& row) {
    visit("queue", row.queue);
    visit("takes", row.takes);
    visit("reason", row.reason);
}

/// A named number of the broker: one row of `status`.
struct CounterView {
    std::string name;
    std::uint64_t value = 0;
};

}  // namespace zex::wire
