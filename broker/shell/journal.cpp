#include "broker/shell/journal.h"

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

}  // namespace

void Journal::listening(const std::string& endpoint) {
    log_.write(Level::info, "listening on " + endpoint);
}

void Journal::welcomed(const Connection& connection, const wire::Welcome& welcome,
                       const core::Core& core) {
    suspended_.erase(connection.session);
    const core::Session* session = core.sessions().find(connection.session);
    const std::string client = session == nullptr ? "" : session->client;
    log_.write(Level::info, welcome.resumed ? "session resumed" : "session opened",
               {{"session", welcome.session},
                {"client", client},
                {"peer", connection.peer},
                {"epoch", welcome.epoch}});
}

void Journal::suspended(const Connection& connection, std::string_view why,
                        const core::Core& core) {
    if (core.sessions().find(connection.session) == nullptr) return;
    suspended_[connection.session] = connection.session_name;
    log_.write(Level::info, "session suspended",
               {{"session", connection.session_name}, {"why", why}, {"peer", connection.peer}});
}

void Journal::hung_up(const Connection& connection, const core::Core& core) {
    const core::Session* session = core.sessions().find(connection.session);
    const std::string_view event = session == nullptr    ? "session closed"
                                   : session->connection ? "session taken by another connection"
                                                         : "session told goodbye";
    log_.write(Level::info, event,
               {{"session", connection.session_name}, {"peer", connection.peer}});
}

void Journal::look_for_ended(const core::Core& core) {
    if (core.counters().sessions_ended == ended_seen_) return;
    ended_seen_ = core.counters().sessions_ended;
    std::erase_if(suspended_, [&](const auto& entry) {
        if (core.sessions().find(entry.first) != nullptr) return false;
        log_.write(Level::info, "session ended", {{"session", entry.second}});
        return true;
    });
}

void Journal::refused(const Connection& connection, const Error& error, Instant now) {
    if (!log_.writes(Level::warn)) return;
    if (refusals_.size() >= remembered_refusals) refusals_.clear();
    const auto [last, first] = refusals_.try_emplace({connection.id, error.code}, now);
    if (!first) {
        if (now - last->second < std::chrono::seconds(1)) return;
        last->second = now;
    }
    log_.write(Level::warn, "refused", {{"error", error.text()}, {"peer", connection.peer}});
}

void Journal::cut(std::string_view peer, std::string_view why, Instant now) {
    const auto [last, first] = cuts_.try_emplace(why, now);
    if (!first) {
        if (now - last->second < std::chrono::seconds(1)) return;
        last->second = now;
    }
    log_.write(Level::warn, "connection cut", {{"why", why}, {"peer", peer}});
}

void Journal::operation(const Connection& connection, const wire::Request& request) {
    if (!log_.writes(Level::debug)) return;
    log_.write(Level::debug, operation_names[request.operation.index()],
               {{"session", connection.session_name}, {"id", request.id.value_or(0)}});
}

void Journal::recovered(const std::string& directory, const store::Recovered& recovered) {
    std::uint64_t messages = 0;
    for (const store::RecoveredQueue& queue : recovered.queues) messages += queue.live;
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
    for (const store::Damage& damage : recovered.damage) {
        log_.write(Level::error, "damaged", {{"what", damage.text()}});
    }
    for (const store::RecoveredQueue& queue : recovered.queues) {
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

void Journal::damaged(const core::ReportDamage& damage) {
    log_.write(Level::error, "a message is damaged, and lost",
               {{"queue", damage.queue},
                {"sequence", damage.sequence},
                {"segment", std::uint64_t{damage.place.segment}},
                {"offset", std::uint64_t{damage.place.offset}}});
}

void Journal::storage_changed(const std::optional<Error>& refuses) {
    if (refuses) {
        log_.write(Level::error, "durable messages are refused", {{"why", refuses->text()}});
    } else {
        log_.write(Level::info, "durable messages are taken again");
    }
}

void Journal::backed_up(const std::string& directory, const Status& status) {
    if (status) {
        log_.write(Level::info, "backup made", {{"directory", directory}});
    } else {
        log_.write(Level::error, "a backup was not made",
                   {{"directory", directory}, {"why", status.error().text()}});
    }
}

void Journal::storage_failed(const Error& error) {
    log_.write(Level::error, "the data directory cannot be used: stopping",
               {{"why", error.text()}});
}

void Journal::stopping() {
    log_.write(Level::info, "stopping: clients are told goodbye");
}

void Journal::stopped(const core::Core& core) {
    log_.write(Level::info, "stopped",
               {{"published", core.counters().published}, {"acked", core.counters().acked}});
}

}  // namespace zex::shell
