#include "broker/core/core.h"

#include <utility>
#include <variant>

#include "broker/core/consume.h"
#include "broker/core/dispatch.h"
#include "broker/core/durable.h"
#include "broker/core/publish.h"
#include "broker/core/purge.h"
#include "broker/core/restore.h"
#include "broker/core/session_verbs.h"
#include "broker/core/settle.h"
#include "broker/core/topology_verbs.h"
#include "common/base/check.h"

namespace zex::core {
namespace {

/// Calls the verb for an operation of an open session.
struct Verbs {
    Turn& turn;
    const Asker& asker;

    void operator()(const wire::Hello&) const { refuse_second_hello(turn, asker); }
    void operator()(const wire::Ping&) const { answer_ping(turn, asker); }
    void operator()(const wire::Pong&) const {}
    void operator()(const wire::Close&) const { close_session(turn, asker); }
    void operator()(const wire::DeclareExchange& verb) const { declare(turn, asker, verb); }
    void operator()(const wire::DeleteExchange& verb) const { remove(turn, asker, verb); }
    void operator()(const wire::DeclareQueue& verb) const { declare(turn, asker, verb); }
    void operator()(const wire::DeleteQueue& verb) const { remove(turn, asker, verb); }
    void operator()(const wire::Bind& verb) const { bind(turn, asker, verb); }
    void operator()(const wire::Unbind& verb) const { unbind(turn, asker, verb); }
    void operator()(const wire::Purge& verb) const { purge(turn, asker, verb); }
    void operator()(const wire::Publish& verb) const { publish(turn, asker, verb); }
    void operator()(const wire::Consume& verb) const { consume(turn, asker, verb); }
    void operator()(const wire::Cancel& verb) const { cancel(turn, asker, verb); }
    void operator()(const wire::Credit& verb) const { change_credit(turn, asker, verb); }
    void operator()(const wire::Settle& verb) const { settle(turn, asker, verb); }
    void operator()(const wire::Get& verb) const { get(turn, asker, verb); }
    // Looking is broker/admin's, from a const Core: these never become commands.
    void operator()(const wire::Peek&) const { ZEX_CHECK(false); }
    void operator()(const wire::List&) const { ZEX_CHECK(false); }
    void operator()(const wire::StatusRequest&) const { ZEX_CHECK(false); }
    void operator()(const wire::Explain&) const { ZEX_CHECK(false); }
    // The shell's, which has the files.
    void operator()(const wire::Backup&) const { ZEX_CHECK(false); }
};

void handle(Turn& turn, const PeerRequest& command) {
    Session* session = turn.state.sessions.on(command.from);
    if (session != nullptr) {
        const Asker asker{*session, command.from, command.request->id};
        std::visit(Verbs{turn, asker}, command.request->operation);
    } else if (const auto* hello = std::get_if<wire::Hello>(&command.request->operation)) {
        open_session(turn, command, *hello);
    } else {
        refuse_before_hello(turn, command);
    }
}

void handle(Turn& turn, const PeerLost& command) {
    if (Session* session = turn.state.sessions.on(command.connection)) suspend(turn, *session);
}

void handle(Turn& turn, const PeerBlocked& command) {
    if (Session* session = turn.state.sessions.on(command.connection)) session->blocked = true;
}

void handle(Turn& turn, const PeerReady& command) {
    if (Session* session = turn.state.sessions.on(command.connection)) {
        session->blocked = false;
        resume_consumers(turn, *session);
    }
}

void handle(Turn& turn, const Tick&) {
    end_expired_sessions(turn);
    dispatch_unfinished(turn);
}

void handle(Turn& turn, const ShutDown&) {
    shut_down(turn);
}

void handle(Turn& turn, const Restore& command) {
    restore(turn, *command.restored);
}
void handle(Turn& turn, const Committed& command) {
    batch_committed(turn, command);
}
void handle(Turn& turn, const Loaded& command) {
    messages_loaded(turn, command);
}
void handle(Turn& turn, const RecordsDamaged& command) {
    records_damaged(turn, command);
}
void handle(Turn& turn, const TopologyDamaged&) {
    topology_damaged(turn);
}
void handle(Turn& turn, const StorageState& command) {
    storage_changed(turn, command);
}
void handle(Turn& turn, const StorageFailed& command) {
    storage_failed(turn, command);
}

}  // namespace

Core::Core(const Limits& limits, Entropy entropy) : state_(limits, std::move(entropy)) {
    state_.storage.memory_most = limits.durable_memory_bytes;
}

std::optional<Instant> Core::next_deadline() const {
    if (!state_.unfinished.empty()) return Instant{};
    return state_.sessions.next_expiry();
}

void Core::apply(const Command& command, Now now, Effects& out) {
    Turn turn{state_, now.steady, now.wall_ms, out};
    std::visit([&](const auto& what) { handle(turn, what); }, command);
    record_settled(turn);
    state_.storage.wrote(out);
}

}  // namespace zex::core
