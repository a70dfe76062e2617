#include "broker/shell/peers.h"

#include <algorithm>

namespace zex::shell {

Instant Peers::Peer::next() const {
    return attached ? std::min(ping_at(), silent_at()) : hello_by;
}

void Peers::enter(ConnectionId connection, Peer& peer) {
    order_.erase({peer.entered, connection});
    peer.entered = peer.next();
    order_.insert({peer.entered, connection});
}

void Peers::expect_hello(ConnectionId connection, Instant deadline) {
    Peer& peer = peers_[connection];
    peer.attached = false;
    peer.hello_by = deadline;
    enter(connection, peer);
}

void Peers::attach(ConnectionId connection, Duration heartbeat, Duration timeout, Instant now) {
    Peer& peer = peers_[connection];
    peer.attached = true;
    peer.heartbeat = heartbeat;
    peer.timeout = timeout;
    peer.last_heard = now;
    peer.last_sent = now;
    enter(connection, peer);
}

void Peers::forget(ConnectionId connection) {
    const auto found = peers_.find(connection);
    if (found == peers_.end()) return;
    order_.erase({found->second.entered, connection});
    peers_.erase(found);
}

void Peers::heard(ConnectionId connection, Instant now) {
    const auto found = peers_.find(connection);
    if (found != peers_.end()) found->second.last_heard = now;
}

void Peers::sent(ConnectionId connection, Instant now) {
    const auto found = peers_.find(connection);
    if (found != peers_.end()) found->second.last_sent = now;
}

Peers::Due Peers::take_due(Instant now) {
    Due due;
    while (!order_.empty() && order_.begin()->first <= now) {
        const ConnectionId connection = order_.begin()->second;
        Peer& peer = peers_.at(connection);
        if (!peer.attached) {
            due.no_hello.push_back(connection);
            forget(connection);
        } else if (peer.silent_at() <= now) {
            due.silent.push_back(connection);
            forget(connection);
        } else {
            if (peer.ping_at() <= now) {
                due.to_ping.push_back(connection);
                peer.last_sent = now;
            }
            enter(connection, peer);
        }
    }
    return due;
}

std::optional<Instant> Peers::next_deadline() const {
    if (order_.empty() || order_.begin()->first == Instant::max()) return std::nullopt;
    return order_.begin()->first;
}

}  // namespace zex::shell
