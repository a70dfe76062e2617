// Every field of the answer to `status`, as one table: docs/counters.md is written from it, and the
// tool groups and words the fields by it. Counters only ever rise; gauges are what is now.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace zex::wire {

enum class StatusGroup : std::uint8_t { broker, messages, losses, connections, storage };
enum class StatusKind : std::uint8_t { text, gauge, counter };

struct StatusField {
    std::string_view name;
    StatusGroup group;
    StatusKind kind;
    std::string_view unit;  ///< "messages", "bytes", "ms"; empty for text
    std::string_view help;  ///< one sentence, without a full stop
};

namespace status {
inline constexpr auto text = StatusKind::text;
inline constexpr auto gauge = StatusKind::gauge;
inline constexpr auto counter = StatusKind::counter;
}  // namespace status

inline constexpr auto status_fields = std::to_array<StatusField>({
    // clang-format off
    {"broker", StatusGroup::broker, status::text, "", "program and version"},
    {"protocol", StatusGroup::broker, status::gauge, "", "version of the protocol"},
    {"state", StatusGroup::broker, status::text, "", "running, or starting while the log is read"},
    {"uptime_ms", StatusGroup::broker, status::gauge, "ms", "since the broker was started"},
    {"exchanges", StatusGroup::broker, status::gauge, "exchanges", "with the default one"},
    {"queues", StatusGroup::broker, status::gauge, "queues", "with temporary ones"},
    {"bindings", StatusGroup::broker, status::gauge, "bindings", "of all queues together"},
    {"errors_answered", StatusGroup::broker, status::counter, "requests", "answered with an error by the core"},

    {"ready", StatusGroup::messages, status::gauge, "messages", "in queues, waiting to be delivered"},
    {"unacked", StatusGroup::messages, status::gauge, "messages", "delivered and not settled"},
    {"memory_bytes", StatusGroup::messages, status::gauge, "bytes", "that messages cost in memory, overheads included"},
    {"memory_bytes_max", StatusGroup::messages, status::gauge, "bytes", "beyond it publishes are refused (limits.memory_bytes_max)"},
    {"published", StatusGroup::messages, status::counter, "messages", "that arrived in publishes = routed + returned + dropped_unroutable + refused"},
    {"routed", StatusGroup::messages, status::counter, "messages", "published and routed to at least one queue"},
    {"confirmed", StatusGroup::messages, status::counter, "messages", "confirmed to their publishers"},
    {"enqueued", StatusGroup::messages, status::counter, "messages", "taken by queues; a message that two queues take counts twice"},
    {"delivered", StatusGroup::messages, status::counter, "messages", "sent to consumers, repeated deliveries included"},
    {"redelivered", StatusGroup::messages, status::counter, "messages", "delivered again after a first time"},
    {"acked", StatusGroup::messages, status::counter, "messages", "settled by an ack"},
    {"auto_acked", StatusGroup::messages, status::counter, "messages", "settled by being sent, to consumers without acks"},
    {"requeued", StatusGroup::messages, status::counter, "messages", "given back to their queue by a settle or a lost connection"},
    {"stale_settles", StatusGroup::messages, status::counter, "messages", "settled again after their connection had broken: they were requeued already"},

    {"refused", StatusGroup::losses, status::counter, "messages", "refused to their publishers: the sum of the four below"},
    {"refused_no_exchange", StatusGroup::losses, status::counter, "messages", "refused: no exchange has the name"},
    {"refused_queue_full", StatusGroup::losses, status::counter, "messages", "refused: a queue is at max_messages or max_bytes"},
    {"refused_memory_full", StatusGroup::losses, status::counter, "messages", "refused: the broker is at memory_bytes_max"},
    {"refused_storage", StatusGroup::losses, status::counter, "messages", "refused: the disk is full or failed; those that failed while they were written are among the routed, too"},
    {"returned", StatusGroup::losses, status::counter, "messages", "mandatory, and given back because no queue is bound"},
    {"dropped_unroutable", StatusGroup::losses, status::counter, "messages", "not mandatory, and no queue is bound"},
    {"dropped_rejected", StatusGroup::losses, status::counter, "messages", "rejected by a consumer"},
    {"dropped_overflow", StatusGroup::losses, status::counter, "messages", "dropped from a full queue that drops its oldest (overflow drop_head)"},
    {"dropped_purged", StatusGroup::losses, status::counter, "messages", "removed by purge"},
    {"dropped_queue_deleted", StatusGroup::losses, status::counter, "messages", "in a queue that was deleted, unacked ones included"},
    {"dropped_session_ended", StatusGroup::losses, status::counter, "messages", "in a temporary queue whose session ended"},
    {"dropped_auto_deleted", StatusGroup::losses, status::counter, "messages", "in an auto-delete queue whose last consumer left"},
    {"dropped_damaged", StatusGroup::losses, status::counter, "messages", "stored, and found damaged when they were read"},
    {"messages_lost", StatusGroup::losses, status::counter, "messages", "stored, and found damaged when the log was read at the start"},

    {"connections", StatusGroup::connections, status::gauge, "connections", "that have sent something"},
    {"connections_open", StatusGroup::connections, status::gauge, "connections", "that have said hello"},
    {"sessions", StatusGroup::connections, status::gauge, "sessions", "with those that are suspended"},
    {"consumers", StatusGroup::connections, status::gauge, "consumers", "of all queues"},
    {"sessions_opened", StatusGroup::connections, status::counter, "sessions", "made"},
    {"sessions_resumed", StatusGroup::connections, status::counter, "sessions", "resumed by their token after a lost connection"},
    {"sessions_suspended", StatusGroup::connections, status::counter, "sessions", "whose connection was lost"},
    {"sessions_ended", StatusGroup::connections, status::counter, "sessions", "closed, or not resumed within their grace period"},
    {"frames_sent", StatusGroup::connections, status::counter, "frames", "sent to clients"},
    {"sends_blocked", StatusGroup::connections, status::counter, "frames", "held back because a client's pipe was full"},
    {"connections_accepted", StatusGroup::connections, status::counter, "connections", "accepted on tcp and ipc"},
    {"connections_lost", StatusGroup::connections, status::counter, "connections", "that ended without a close"},
    {"connections_refused", StatusGroup::connections, status::counter, "connections", "refused at hello: there are listen.connections_max"},
    {"connections_no_hello", StatusGroup::connections, status::counter, "connections", "cut: messages, but no hello in time"},
    {"connections_closed_before_hello", StatusGroup::connections, status::counter, "connections", "closed before a first message: a port scan, or the wrong kind of socket"},
    {"connections_cut_flooding", StatusGroup::connections, status::counter, "connections", "cut: too many bytes without a whole message"},
    {"connections_cut_idle", StatusGroup::connections, status::counter, "connections", "cut: no message in time after the greeting"},
    {"connections_over_limit", StatusGroup::connections, status::counter, "connections", "cut: more than twice listen.connections_max"},
    {"handshakes_failed", StatusGroup::connections, status::counter, "connections", "that spoke no ZMTP, or nothing in time"},
    {"accepts_failed", StatusGroup::connections, status::counter, "connections", "that could not be accepted, for instance for want of file descriptors"},
    {"peers_silent", StatusGroup::connections, status::counter, "connections", "given up: nothing heard for the heartbeat time-out"},
    {"peers_overfull", StatusGroup::connections, status::counter, "connections", "cut: they did not read their answers"},
    {"connections_cut_malformed", StatusGroup::connections, status::counter, "connections", "cut: what they sent is not ZMTP, or more frames than a message has"},
    {"connections_over_address_limit", StatusGroup::connections, status::counter, "connections", "closed: too many of one address, or too fast"},
    {"connection_events_dropped", StatusGroup::connections, status::counter, "events", "of libzmq's sockets that came faster than they could be looked at"},
    {"unread_bytes", StatusGroup::connections, status::gauge, "bytes", "of answers and deliveries that clients have not read"},
    {"requests_dropped_starting", StatusGroup::connections, status::counter, "requests", "held while the log was read, whose client left meanwhile"},

    {"starting", StatusGroup::storage, status::gauge, "", "1 while the log is read"},
    {"recovery_bytes_done", StatusGroup::storage, status::gauge, "bytes", "of the log read at the start"},
    {"recovery_bytes", StatusGroup::storage, status::gauge, "bytes", "of the log to be read at the start"},
    {"log_segments", StatusGroup::storage, status::gauge, "files", "of the log"},
    {"log_bytes", StatusGroup::storage, status::gauge, "bytes", "of the log"},
    {"log_garbage_bytes", StatusGroup::storage, status::gauge, "bytes", "of the log that nothing needs any more"},
    {"log_disk_bytes", StatusGroup::storage, status::gauge, "bytes", "that the data directory takes on the disk, with what is set aside"},
    {"disk_free_bytes", StatusGroup::storage, status::gauge, "bytes", "free on the disk of the data directory"},
    {"store_calls_failed", StatusGroup::storage, status::counter, "calls", "of the disk that failed and were made again; told at most every 5 seconds"},
    {"records_damaged", StatusGroup::storage, status::counter, "records", "of the log that are not as they were written"},
    // clang-format on
});

/// Counters of input that was refused are named bad_input_ and the error's name.
inline constexpr std::string_view bad_input_prefix = "bad_input_";

/// The row for this field of status; null where it has none.
constexpr const StatusField* status_field(std::string_view name) {
    for (const StatusField& field : status_fields) {
        if (field.name == name) return &field;
    }
    return nullptr;
}

}  // namespace zex::wire
