// All sessions, found by number, by token and by connection, and the grace periods that run.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/session.h"
#include "common/base/ids.h"
#include "common/base/time.h"

namespace zex::core {

class Sessions {
  public:
    /// `token` must be unpredictable and new.
    Session& open(std::string token);

    Session* find(SessionId id) const;
    Session* with_token(std::string_view token) const;
    Session* on(ConnectionId connection) const;

    void attach(Session& session, ConnectionId connection);

    /// Takes the connection away; the session expires at `expires` unless it is attached again.
    void suspend(Session& session, Instant expires);

    void remove(Session& session);

    std::optional<Instant> next_expiry() const;
    std::vector<Session*> expired(Instant now) const;

    /// Calls visit(session) for each, in no order.
    template <class Visit>
    void each(const Visit& visit) {
        for (auto& [id, session] : sessions_) visit(*session);
    }

    std::vector<Session*> all() const;  ///< in the order of opening
    std::size_t size() const { return sessions_.size(); }

  private:
    void detach(Session& session);

    std::uint64_t last_id_ = 0;
    std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
    std::unordered_map<std::string, Session*> by_token_;
    std::unordered_map<ConnectionId, Session*> by_connection_;
    std::set<std::pair<Instant, SessionId>> expiries_;
};

}  // namespace zex::core
