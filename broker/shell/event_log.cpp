#include "broker/shell/event_log.h"

#include <array>
#include <variant>

namespace zex::shell {
namespace {

using Level = Log::Level;

// In the order of wire::Operation.
constexpr auto operation_names = std::to_array<std::string_view>(
    {"hello",           "ping",          "pong",         "close",  "declare_exchange",
     "delete_exchange", "declare_queue", "delete_queue", "bind",   "unbind",
     "purge",           "publish",       "consume",      "cancel", "credit",
     "settle",          "get",           "peek",         "list",   "status",
     "explain",         "backup"});
static_assert(operation_names.size() == std::variant_size_v<wire::Operation>);

/// Sessions of the tool come and go with each of its commands.
Level session_level(bool tool) {
    return tool ? Level::debug : Level::info;
}

/// Errors that a client brings about in the course of things: it settles or cancels what has just
/// come to an end.
bool is_a_race(ErrorCode code) {
    return code == ErrorCode::no_such_consumer || code == ErrorCode::no_such_delivery;
}

}  // namespace

void EventLog::listening(const std::string& endpoint) {
    log_.write(Level::info, "listening on " + endpoint);
}

void EventLog::welcomed(const Connection& connection, const wire::Welcome& welcome,
                        const core::Core& core) {
    suspended_.erase(connection.session);
    const core::Session* session = core.sessions().find(connection.session);
    const std::string client = session == nullptr ? "" : session->client;
    log_.write(session_level(connection.tool()),
               welcome.resumed ? "session resumed" : "session opened",
               {{"session", welcome.session},
                {"client", client},
                {"peer", connection.peer},
                {"epoch", welcome.epoch}});
}

void EventLog::suspended(const Connection& connection, std::string_view why,
                         const core::Core& core) {
    if (core.sessions().find(connection.session) == nullptr) return;
    suspended_[connection.session] = {connection.session_name, connection.tool()};
    log_.write(session_level(connection.tool()), "session suspended",
               {{"session", connection.session_name}, {"why", why}, {"peer", connection.peer}});
}

void EventLog::hung_up(const Connection& connection, const core::Core& core) {
    const core::Session* session = core.sessions().find(connection.session);
    const std::string_view event = session == nullptr    ? "session closed"
                                   : session->connection ? "session taken by another connection"
                                                         : "session told goodbye";
    log_.write(session_level(connection.tool()), event,
               {{"session", connection.session_name},
                {"client", connection.client},
                {"peer", connection.peer}});
}

void EventLog::look_for_ended(const core::Core& core) {
    if (core.counters().sessions_ended == ended_seen_) return;
    ended_seen_ = core.counters().sessions_ended;
    std::erase_if(suspended_, [&](const auto& entry) {
        if (core.sessions().find(entry.first) != nullptr) return false;
        log_.write(session_level(entry.second.tool), "session ended",
                   {{"session", entry.second.name}});
        return true;
    });
}

void EventLog::refused(const Connection& connection, const Error& error, Instant now) {
    const Level level = is_a_race(error.code) ? Level::debug : Level::warn;
    if (!log_.writes(level)) return;
    if (refusals_.size() >= remembered_refusals) refusals_.clear();
    // Who has no session may come with as many connections as he likes.
    const ConnectionId who = connection.open() ? connection.id : ConnectionId();
    const auto [last, first] = refusals_.try_emplace({who, error.code}, now);
    if (!first) {
        if (now - last->second < std::chrono::seconds(1)) return;
        last->second = now;
    }
    const std::string_view event =
        error.code == ErrorCode::properties_differ ? "declared otherwise than it is" : "refused";
    log_.write(level, event,
               {{"error", error.text()},
                {"session", connection.session_name},
                {"client", connection.client},
                {"peer", connection.peer}});
}

std::optional<Removal> Removal::of(const wire::Operation& operation, const core::Core& core) {
    const core::Topology& topology = core.topology();
    if (const auto* purge = std::get_if<wire::Purge>(&operation)) {
        const core::Queue* queue = topology.queue(purge->queue);
        if (queue == nullptr || queue->ready() == 0) return std::nullopt;
        return Removal{"queue purged", "queue", purge->queue, queue->ready(), true};
    }
    if (const auto* remove = std::get_if<wire::DeleteQueue>(&operation)) {
        const core::Queue* queue = topology.queue(remove->queue);
        if (queue == nullptr) return std::nullopt;
        return Removal{"queue deleted", "queue", remove->queue, queue->messages(), false};
    }
    if (const auto* remove = std::get_if<wire::DeleteExchange>(&operation)) {
        if (topology.exchange(remove->exchange) == nullptr) return std::nullopt;
        return Removal{"exchange deleted", "exchange", remove->exchange, 0, false};
    }
    return std::nullopt;
}

bool Removal::happened(const core::Core& core) const {
    if (noun == "exchange") return core.topology().exchange(name) == nullptr;
    const core::Queue* queue = core.topology().queue(name);
    return purge ? queue != nullptr && queue->ready() == 0 : queue == nullptr;
}

void EventLog::removed(const Connection& connection, const Removal& removal) {
    log_.write(Level::info, removal.event,
               {{removal.noun, removal.name},
                {"messages", removal.messages},
                {"session", connection.session_name},
                {"client", connection.client},
                {"peer", connection.peer}});
}

void EventLog::cut(std::string_view peer, std::string_view why, Instant now) {
    const auto [last, first] = cuts_.try_emplace(why, now);
    if (!first) {
        if (now - last->second < std::chrono::seconds(1)) return;
        last->second = now;
    }
    log_.write(Level::warn, "connection cut", {{"why", why}, {"peer", peer}});
}

void EventLog::operation(const Connection& connection, const wire::Request& request) {
    if (!log_.writes(Level::debug)) return;
    log_.write(Level::debug, operation_names[request.operation.index()],
               {{"session", connection.session_name}, {"id", request.id.value_or(0)}});
}

void EventLog::recovered(const std::string& directory, const log::Recovered& recovered) {
    std::uint64_t messages = 0;
    for (const log::RecoveredQueue& queue : recovered.queues) messages += queue.live;
    log_.write(Level::info, "log read",
               {{"directory", directory},
                {"queues", recovered.queues.size()},
                {"messages", messages},
                {"segments", recovered.segments.size()}});
    if (recovered.cut) {
        log_.write(Level::warn, "an unfinished end that was never confirmed was cut off",
                   {{"segment", std::uint64_t{recovered.cut->begin.segment}},
                    {"offset", std::uint64_t{recovered.cut->begin.offset}},
                    {"bytes", recovered.cut->bytes}});
    }
    for (const facts::ExchangeDeclared& exchange : recovered.exchanges) {
        if (core::is_known_kind(exchange.kind)) continue;
        log_.write(Level::warn,
                   "an exchange is of a kind that this version does not know; it is kept, "
                   "and takes no messages",
                   {{"exchange", exchange.name}, {"kind", exchange.kind}});
    }
    for (const log::Damage& damage : recovered.damage) {
        log_.write(Level::error, "damaged", {{"what", damage.text()}});
    }
    for (const log::RecoveredQueue& queue : recovered.queues) {
        if (queue.declaration_lost) {
            log_.write(Level::error, "the declaration of a queue is damaged; its messages are in",
                       {{"queue", queue.declared.name}});
        }
        for (const facts::SequenceRange& range : queue.missing) {
            log_.write(
                Level::error, "messages are lost",
                {{"queue", queue.declared.name}, {"first", range.first}, {"last", range.last}});
        }
    }
}

void EventLog::damaged(const core::ReportDamage& damage) {
    log_.write(Level::error, "a message is damaged, and lost",
               {{"queue", damage.queue}, {"sequence", damage.sequence}});
}

void EventLog::storage_changed(const std::optional<Error>& refuses) {
    if (refuses) {
        log_.write(Level::error, "durable messages are refused", {{"why", refuses->text()}});
    } else {
        log_.write(Level::info, "durable messages are taken again");
    }
}

void EventLog::store_trouble(const Error& error) {
    log_.write(Level::warn, "a call of the disk failed, and is made again",
               {{"why", error.text()}});
}

void EventLog::backed_up(const std::string& directory, const Status& status) {
    if (status) {
        log_.write(Level::info, "backup made", {{"directory", directory}});
    } else {
        log_.write(Level::error, "a backup was not made",
                   {{"directory", directory}, {"why", status.error().text()}});
    }
}

void EventLog::storage_failed(const Error& error) {
    log_.write(Level::error, "the data directory cannot be used: stopping",
               {{"why", error.text()}});
}

void EventLog::stopping() {
    log_.write(Level::info, "stopping: clients are told goodbye");
}

void EventLog::stopped(const core::Core& core) {
    losses_.write(log_);
    log_.write(Level::info, "stopped",
               {{"published", core.counters().published}, {"acked", core.counters().acked}});
}

}  // namespace zex::shell
