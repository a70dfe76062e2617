// The table of options.
#include <limits>
#include <utility>

#include "broker/settings.h"

namespace zex {
namespace {

// The largest whole number that TOML has.
constexpr std::uint64_t any = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t ten_minutes = 600'000;
constexpr std::uint64_t week = 604'800'000;

struct Place {
    std::string_view key;
    OptionField (*field)(Settings&);
};

Place place(std::string_view key, OptionField (*field)(Settings&)) {
    return {key, field};
}

// The key is the field's own name, so that the two cannot differ.
#define FIELD(name) place(#name, [](Settings& s) -> OptionField { return &s.name; })

Option number(Place at, std::uint64_t min, std::uint64_t max, std::string_view unit,
              std::string_view help) {
    return {at.key, at.field, help, unit, min, max, {}, {}};
}

Option word(Place at, std::vector<std::string_view> choices, std::string_view help) {
    return {at.key, at.field, help, {}, 0, 0, std::move(choices), {}};
}

Option text(Place at, std::string_view help, std::string_view flag) {
    return {at.key, at.field, help, {}, 0, 0, {}, flag};
}

Option list(Place at, std::uint64_t min, std::uint64_t max, std::string_view help,
            std::string_view flag) {
    return {at.key, at.field, help, {}, min, max, {}, flag};
}

Option yes_or_no(Place at, std::string_view help, std::string_view flag) {
    return {at.key, at.field, help, {}, 0, 0, {}, flag};
}

std::vector<Option> make_table() {
    return {
        list(FIELD(listen.endpoints), 1, 100,
             "where the broker listens: tcp://HOST:PORT, ipc://PATH or inproc://NAME; HOST is an "
             "address (IPv6 in brackets), a name or * for all; port 0 or * takes a free one",
             "--listen"),
        yes_or_no(FIELD(listen.allow_insecure_bind),
                  "allow tcp endpoints that other machines can reach: there is no encryption and "
                  "no password",
                  "--allow-insecure-bind"),
        yes_or_no(FIELD(listen.allow_abstract_ipc),
                  "allow ipc://@NAME, a name without a file, which every user of this machine can "
                  "connect to",
                  {}),
        number(FIELD(listen.connections_max), 1, 1'000'000, "connections",
               "connections at one time; a further one is cut"),
        number(FIELD(listen.connections_per_address_max), 0, 1'000'000, "connections",
               "connections that one address may hold, outside loopback; a further one is closed "
               "at once; 0 means no bound"),
        number(FIELD(listen.connections_per_address_rate), 0, 1'000'000, "connections",
               "connections that one address may make in a second, outside loopback; a further "
               "one is closed at once; 0 means no bound"),

        number(FIELD(session.hello_timeout_ms), 10, ten_minutes, "ms",
               "a connection that has not said hello by then is cut"),
        number(FIELD(session.heartbeat_ms), 10, ten_minutes, "ms",
               "the heartbeat interval of a client that asks for none of its own"),
        number(FIELD(session.heartbeat_min_ms), 10, ten_minutes, "ms",
               "the shortest heartbeat interval that a client may ask for"),
        number(FIELD(session.heartbeat_timeout_ms), 20, week, "ms",
               "a client from which nothing was heard for so long is taken for gone"),
        number(FIELD(session.grace_ms), 0, week, "ms",
               "how long a session outlives its connection where its client does not say"),
        number(FIELD(session.grace_max_ms), 0, week, "ms",
               "the longest grace period that a client may ask for"),

        number(FIELD(limits.message_bytes_max), 1, 1 << 30, "bytes",
               "the largest payload of one message"),
        number(FIELD(limits.batch_messages_max), 1, 1 << 20, "messages", "messages in one batch"),
        number(FIELD(limits.sessions_max), 1, any, "sessions",
               "sessions, with those that wait in their grace period"),
        number(FIELD(limits.exchanges_max), 1, any, "exchanges", "exchanges"),
        number(FIELD(limits.queues_max), 1, any, "queues", "queues, with temporary ones"),
        number(FIELD(limits.bindings_max), 1, any, "bindings", "bindings of all queues together"),
        number(FIELD(limits.consumers_per_session_max), 1, any, "consumers",
               "consumers of one session"),
        number(FIELD(limits.queue_messages_max), 1, any, "messages",
               "messages in a queue that was declared without a bound of its own"),
        number(FIELD(limits.queue_bytes_max), 1, any, "bytes",
               "payload bytes in a queue that was declared without a bound of its own"),
        number(FIELD(limits.memory_bytes_max), 0, any, "bytes",
               "memory for messages; at the bound publishes are refused; 0 means 40 % of what the "
               "machine or the control group has"),
        number(FIELD(limits.unread_bytes_max), 1, any, "bytes",
               "what one connection may make the broker hold before a message is complete; never "
               "more than twice the largest body and 1 MiB"),
        number(FIELD(limits.answer_bytes_max), 1 << 10, any, "bytes",
               "answers that one connection leaves unread; beyond, it is cut"),
        number(FIELD(limits.output_bytes_max), 1 << 20, any, "bytes",
               "what all connections together leave unread; beyond, the one with the most is cut"),

        text(FIELD(storage.data_dir),
             "the directory that durable queues are kept in; without one nothing can be durable",
             "--data-dir"),
        number(FIELD(storage.segment_bytes), 1 << 16, 1 << 30, "bytes",
               "the size of one file of the log"),
        number(FIELD(storage.free_bytes_min), 0, any, "bytes",
               "durable messages are refused while the disk of the data directory has less left"),
        number(FIELD(storage.memory_bytes), 1 << 20, any, "bytes",
               "durable messages that wait are kept in memory, too, up to so many bytes in all"),
        number(FIELD(storage.queue_messages_max), 1, any, "messages",
               "messages in a durable queue that was declared without a bound of its own"),
        number(FIELD(storage.queue_bytes_max), 1, any, "bytes",
               "payload bytes in a durable queue that was declared without a bound of its own"),

        number(FIELD(delivery.credit), 1, any, "messages",
               "unsettled messages that a consumer which names no credit may hold"),
        number(FIELD(delivery.credit_bytes), 1, any, "bytes",
               "unsettled payload bytes that a consumer which names no credit may hold"),
        number(FIELD(delivery.credit_max), 1, any, "messages",
               "the most credit in messages that a consumer may ask for"),
        number(FIELD(delivery.frame_bytes), 1'024, 1 << 30, "bytes",
               "a batch of deliveries is closed when its payloads reach this size"),

        word(FIELD(net.transport), {"native", "libzmq"},
             "who serves tcp and ipc: the broker itself, or libzmq's ROUTER sockets"),
        number(FIELD(net.output_bytes), 1 << 12, 1 << 30, "bytes",
               "what one connection may leave unread before deliveries to it wait (native)"),
        number(FIELD(net.io_threads), 1, 64, "threads", "ZeroMQ's own threads (libzmq)"),
        number(FIELD(net.receive_queue_messages), 1, 1'000'000, "messages",
               "messages from one connection that wait to be read (libzmq: ZMQ_RCVHWM)"),
        number(FIELD(net.send_queue_messages), 1, 1'000'000, "messages",
               "messages to one connection that wait to be sent (libzmq: ZMQ_SNDHWM)"),
        number(FIELD(net.backlog), 1, 65'535, "connections",
               "connections that wait to be accepted"),
        number(FIELD(net.busy_poll_us), 0, 1'000'000, "us",
               "how long the broker looks for input again and again before it sleeps: saves the "
               "time of waking up, for the price of a processor"),

        word(FIELD(log.level), {"debug", "info", "warn", "error"},
             "the least serious lines that are logged"),
        word(FIELD(log.format), {"text", "json"}, "lines for people, or one JSON object a line"),
    };
}

#undef FIELD

}  // namespace

std::span<const Option> option_table() {
    static const std::vector<Option> table = make_table();
    return table;
}

}  // namespace zex
