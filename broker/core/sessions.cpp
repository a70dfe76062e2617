#include "broker/core/sessions.h"

#include <algorithm>

namespace zex::core {

Session& Sessions::open(std::string token) {
    const SessionId id(++last_id_);
    auto& session = *(sessions_[id] = std::make_unique<Session>());
    session.id = id;
    session.name = "s-" + std::to_string(id.number());
    session.token = std::move(token);
    by_token_[session.token] = &session;
    return session;
}

Session* Sessions::find(SessionId id) const {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second.get();
}

Session* Sessions::with_token(std::string_view token) const {
    const auto found = by_token_.find(std::string(token));
    return found == by_token_.end() ? nullptr : found->second;
}

Session* Sessions::on(ConnectionId connection) const {
    const auto found = by_connection_.find(connection);
    return found == by_connection_.end() ? nullptr : found->second;
}

void Sessions::detach(Session& session) {
    if (session.connection) by_connection_.erase(*session.connection);
    expiries_.erase({session.expires, session.id});
    session.connection.reset();
    session.expires = Instant::max();
    session.blocked = false;
}

void Sessions::attach(Session& session, ConnectionId connection) {
    detach(session);
    session.connection = connection;
    by_connection_[connection] = &session;
}

void Sessions::suspend(Session& session, Instant expires) {
    detach(session);
    session.expires = expires;
    expiries_.insert({expires, session.id});
}

void Sessions::remove(Session& session) {
    detach(session);
    by_token_.erase(session.token);
    sessions_.erase(session.id);
}

std::optional<Instant> Sessions::next_expiry() const {
    return expiries_.empty() ? std::nullopt : std::optional(expiries_.begin()->first);
}

std::vector<Session*> Sessions::expired(Instant now) const {
    std::vector<Session*> due;
    for (const auto& [expires, id] : expiries_) {
        if (expires > now) break;
        due.push_back(find(id));
    }
    return due;
}

std::vector<Session*> Sessions::all() const {
    std::vector<Session*> list;
    list.reserve(sessions_.size());
    for (const auto& [id, session] : sessions_) list.push_back(session.get());
    std::sort(list.begin(), list.end(),
              [](const Session* a, const Session* b) { return a->id < b->id; });
    return list;
}

}  // namespace zex::core
