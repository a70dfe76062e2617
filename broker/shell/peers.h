// Who has been silent for too long, and to whom we have been: heartbeats and the wait for hello.
// Pure: time is handed in, and nothing is sent or cut here.
//
// Thread: the broker thread.
// Invariants: each connection stands once in the order of deadlines, at or before the moment when
// something is next due for it; hearing and sending only move that moment later, and are therefore
// not entered there until it comes.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"

namespace zex::shell {

class Peers {
  public:
    /// The connection must attach before `deadline`.
    void expect_hello(ConnectionId connection, Instant deadline);

    /// It has a session: something is to be sent every `heartbeat`, and heard within `timeout`.
    /// 0 for either: without bound.
    void attach(ConnectionId connection, Duration heartbeat, Duration timeout, Instant now);

    void forget(ConnectionId connection);

    void heard(ConnectionId connection, Instant now);
    void sent(ConnectionId connection, Instant now);

    struct Due {
        std::vector<ConnectionId> to_ping;
        std::vector<ConnectionId> silent;    ///< heard nothing for longer than their time-out
        std::vector<ConnectionId> no_hello;  ///< did not attach in time
    };

    /// What is due now. The silent and those without hello are forgotten; those to ping are
    /// expected to be pinged (see sent).
    Due take_due(Instant now);

    /// No later than the next moment when take_due has something to give.
    std::optional<Instant> next_deadline() const;

    std::size_t size() const { return peers_.size(); }

  private:
    struct Peer {
        bool attached = false;
        Instant hello_by;
        Duration heartbeat{0};
        Duration timeout{0};
        Instant last_heard;
        Instant last_sent;
        Instant entered;  ///< where it stands in order_

        Instant ping_at() const { return after(last_sent, heartbeat); }
        Instant silent_at() const { return after(last_heard, timeout); }
        Instant next() const;
        static Instant after(Instant start, Duration wait) {
            return wait == Duration(0) ? Instant::max() : start + wait;
        }
    };

    void enter(ConnectionId connection, Peer& peer);

    std::unordered_map<ConnectionId, Peer> peers_;
    std::set<std::pair<Instant, ConnectionId>> order_;
};

}  // namespace zex::shell
