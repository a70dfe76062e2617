#include "broker/core/session_verbs.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/core/consume.h"
#include "broker/core/durable.h"
#include "broker/core/settle.h"
#include "broker/core/topology_verbs.h"

namespace zex::core {
namespace {

constexpr const char* broker_version = "zexd " ZEX_VERSION;

void refuse_hello(Turn& turn, const PeerRequest& command, Error error) {
    ++turn.state.counters.errors_answered;
    turn.out.list.push_back(
        Answer{command.from, {command.request->id, wire::ErrorReply{std::move(error), {}}}});
}

bool speaks_our_version(const wire::Hello& hello) {
    return std::find(hello.versions.begin(), hello.versions.end(), wire::protocol_version) !=
           hello.versions.end();
}

void say_goodbye(Turn& turn, ConnectionId connection, ErrorCode code, std::string reason) {
    turn.out.list.push_back(
        Answer{connection, {std::nullopt, wire::Goodbye{error(code, std::move(reason))}}});
    turn.out.list.push_back(HangUp{connection});
}

/// The session whose token the hello carries, taken from its present connection if it has one.
Session* resume(Turn& turn, const wire::Hello& hello) {
    if (hello.token.empty()) return nullptr;
    Session* session = turn.state.sessions.with_token(hello.token);
    if (session == nullptr) return nullptr;
    if (session->connection) {
        const ConnectionId before = *session->connection;
        suspend(turn, *session);
        say_goodbye(turn, before, ErrorCode::session_taken,
                    "session " + session->name + " was resumed on another connection");
    }
    ++session->epoch;
    ++turn.state.counters.sessions_resumed;
    return session;
}

void take_over_terms(Session& session, const wire::Hello& hello, const Limits& limits) {
    session.client = hello.client;
    session.batch = hello.batch;
    session.heartbeat_ms = std::clamp(hello.heartbeat_ms.value_or(limits.heartbeat_ms),
                                      limits.heartbeat_min_ms, limits.heartbeat_max_ms);
    const std::uint64_t patience =
        std::max<std::uint64_t>(2, limits.heartbeat_timeout_ms / limits.heartbeat_ms);
    session.timeout_ms = session.heartbeat_ms * patience;
    session.grace_ms = std::min(hello.grace_ms.value_or(limits.grace_ms), limits.grace_max_ms);
}

wire::Welcome welcome(const Session& session, const Limits& limits, bool resumed, bool durable) {
    wire::Welcome reply;
    reply.session = session.name;
    reply.token = session.token;
    reply.epoch = session.epoch;
    reply.resumed = resumed;
    reply.heartbeat_ms = session.heartbeat_ms;
    reply.timeout_ms = session.timeout_ms;
    reply.grace_ms = session.grace_ms;
    reply.max_message_bytes = limits.message_bytes;
    reply.max_batch = limits.batch_messages;
    reply.max_batch_bytes = limits.batch_bytes;
    reply.broker = broker_version;
    reply.durability = durable ? "sync" : "none";
    return reply;
}

/// Deletes what the session owns; requires that its deliveries have gone back.
void end_session(Turn& turn, Session& session) {
    while (!session.consumers.empty()) remove_consumer(turn, *session.consumers.begin()->second);
    while (!session.queues.empty()) {
        Queue* queue = turn.state.topology.queue(*session.queues.begin());
        delete_queue(turn, *queue, QueueEnd::session_ended);
    }
    ++turn.state.counters.sessions_ended;
    turn.state.sessions.remove(session);
}

}  // namespace

void open_session(Turn& turn, const PeerRequest& command, const wire::Hello& hello) {
    State& state = turn.state;
    if (state.shutting_down) {
        return refuse_hello(turn, command,
                            error(ErrorCode::shutting_down, "the broker is shutting down"));
    }
    if (!speaks_our_version(hello)) {
        return refuse_hello(turn, command,
                            error(ErrorCode::unsupported_version,
                                  "no protocol version in common; supported: " +
                                      std::to_string(wire::protocol_version),
                                  "versions"));
    }
    Session* session = resume(turn, hello);
    const bool resumed = session != nullptr;
    if (!resumed) {
        if (state.sessions.size() >= state.limits.sessions) {
            return refuse_hello(
                turn, command,
                error(ErrorCode::limit_reached,
                      "the broker has its " + std::to_string(state.limits.sessions) +
                          " sessions; close some or raise limits.sessions_max"));
        }
        session = &state.sessions.open(state.random_hex());
        ++state.counters.sessions_opened;
    }
    state.sessions.attach(*session, command.from);
    session->peer = command.peer;
    session->form = command.form;
    take_over_terms(*session, hello, state.limits);
    turn.out.list.push_back(
        Attach{command.from, session->id, session->heartbeat_ms, session->timeout_ms});
    const bool durable = state.storage.is_there;
    turn.out.list.push_back(Answer{
        command.from, {command.request->id, welcome(*session, state.limits, resumed, durable)}});
    if (!resumed) return;
    for (wire::Cancelled& cancelled : std::exchange(session->cancelled, {})) {
        turn.out.list.push_back(Answer{command.from, {std::nullopt, std::move(cancelled)}});
    }
    resume_consumers(turn, *session);
}

void refuse_second_hello(Turn& turn, const Asker& asker) {
    fail(turn, asker,
         error(ErrorCode::already_open,
               "this connection is open already, as session " + asker.session.name));
}

void refuse_before_hello(Turn& turn, const PeerRequest& command) {
    refuse_hello(turn, command,
                 error(ErrorCode::hello_required, "the first operation on a connection is hello"));
}

void answer_ping(Turn& turn, const Asker& asker) {
    turn.out.list.push_back(Answer{asker.connection, {asker.id, wire::Pong{}}});
}

void suspend(Turn& turn, Session& session) {
    ++turn.state.counters.sessions_suspended;
    turn.state.sessions.suspend(session, turn.now + std::chrono::milliseconds(session.grace_ms));
    requeue_all(turn, session);
}

void close_session(Turn& turn, const Asker& asker) {
    const ConnectionId connection = asker.connection;
    succeed(turn, asker);
    turn.out.list.push_back(HangUp{connection});
    turn.state.sessions.suspend(asker.session, turn.now);
    requeue_all(turn, asker.session);
    end_session(turn, asker.session);
}

void end_expired_sessions(Turn& turn) {
    for (Session* session : turn.state.sessions.expired(turn.now)) end_session(turn, *session);
}

void shut_down(Turn& turn) {
    turn.state.shutting_down = true;
    record_progress(turn);
    for (Session* session : turn.state.sessions.all()) {
        if (!session->connection) continue;
        const ConnectionId connection = *session->connection;
        turn.state.sessions.suspend(*session, Instant::max());
        say_goodbye(turn, connection, ErrorCode::shutting_down, "the broker is shutting down");
    }
}

}  // namespace zex::core
