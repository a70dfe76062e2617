// The part of RouterTransport that knows its peers: who they are, who left, who is cut.
#include <cstdio>
#include <utility>

#include <malloc.h>

#include "common/net/libzmq/router_transport.h"

namespace zex::net {
namespace {

constexpr Duration check_interval = std::chrono::milliseconds(250);
constexpr Duration leaving_patience = std::chrono::milliseconds(50);

/// libzmq writes the credentials of an ipc peer as "localhost:uid:gid:pid".
std::optional<Credentials> credentials(std::string_view address) {
    unsigned uid = 0;
    unsigned gid = 0;
    int pid = 0;
    const std::string text(address);
    if (std::sscanf(text.c_str(), "localhost:%u:%u:%d", &uid, &gid, &pid) != 3) return std::nullopt;
    return Credentials{pid, uid, gid};
}

}  // namespace

RouterTransport::Peer* RouterTransport::find(ConnectionId id) {
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : found->second.get();
}

/// The one whose message stands in frames_.
RouterTransport::Peer& RouterTransport::known(std::size_t listener) {
    const ByRoutingId& known = by_routing_id_[listener];
    const auto found = known.find(std::string(frames_.front().view()));
    return found != known.end() ? *find(found->second) : add(listener);
}

// The routing id is made by libzmq; only what came through the connection tells its origin.
RouterTransport::Peer& RouterTransport::add(std::size_t listener) {
    auto peer = std::make_unique<Peer>();
    peer->id = ids_.next();
    peer->listener = listener;
    peer->routing_id = frames_.front().view();
    peer->fd = frames_.back().source_fd();
    peer->info.endpoint = listeners_[listener].endpoint();
    peer->info.since = now_;
    const std::string_view address = frames_.back().peer_address();
    peer->info.credentials = credentials(address);
    if (!peer->info.credentials) peer->info.address = address;
    Peer& added = *peer;
    if (added.fd) by_fd_.emplace(*added.fd, added.id);
    by_routing_id_[listener][added.routing_id] = added.id;
    peers_[added.id] = std::move(peer);
    return added;
}

void RouterTransport::forget(Peer& peer) {
    stop_waiting(peer);
    for (const auto& frames : peer.held_up) {
        for (const Frame& frame : frames) held_up_bytes_ -= frame.size() + sizeof(Frame);
    }
    probes_.stop(peer.id);
    if (peer.fd) {
        auto [at, end] = by_fd_.equal_range(*peer.fd);
        while (at != end) at = at->second == peer.id ? by_fd_.erase(at) : std::next(at);
    }
    by_routing_id_[peer.listener].erase(peer.routing_id);
    peers_.erase(peer.id);
}

void RouterTransport::stop_waiting(Peer& peer) {
    waiting_bytes_ -= std::exchange(peer.waiting_bytes, 0);
    peer.waiting.clear();
}

void RouterTransport::cut(ConnectionId id) {
    Peer* peer = find(id);
    if (peer == nullptr) return;
    if (peer->fd) guard_.cut(*peer->fd);
    forget(*peer);
}

void RouterTransport::close(ConnectionId id) {
    if (Peer* peer = find(id)) forget(*peer);
}

/// A peer that cannot be reached may still have sent something before it left, and that counts: it
/// is gone when its listener has run dry once since.
void RouterTransport::leave(Peer& peer) {
    if (std::exchange(peer.leaving, true)) return;
    leavers_.push_back({peer.id, now_});
}

std::vector<Transport::Event> RouterTransport::take_events() {
    for (const ConnectionEvent& event : std::exchange(connection_events_, {})) look_at(event);
    for (const ConnectionId id : probes_.take_due(now_)) {
        events_.push_back({Event::Kind::doubt, id, {}, {}});
    }
    std::vector<Leaver> still_here;
    for (const Leaver& leaver : std::exchange(leavers_, {})) {
        Peer* peer = find(leaver.id);
        if (peer == nullptr) continue;
        const bool all_read = dry_[peer->listener] && peer->held_up.empty();
        if (all_read || now_ - leaver.since > leaving_patience) {
            events_.push_back({Event::Kind::gone, leaver.id, {}, {}});
            forget(*peer);
        } else {
            still_here.push_back(leaver);
        }
    }
    leavers_ = std::move(still_here);
    if (now_ >= next_check_) check_guard();
    return std::exchange(events_, {});
}

void RouterTransport::look_at(const ConnectionEvent& event) {
    using Kind = ConnectionEvent::Kind;
    switch (event.kind) {
        case Kind::accepted:
            ++counters_.connections_accepted;
            if (!guard_.accepted(event.value, now_)) ++counters_.connections_over_limit;
            break;
        case Kind::lost: {
            guard_.lost(event.value);
            const auto through = peers_through(event.value);
            if (through.empty()) ++counters_.connections_closed_before_hello;
            for (const ConnectionId id : through) probes_.start(id, now_);
            break;
        }
        case Kind::handshake_failed:
            ++counters_.handshakes_failed;
            break;
        case Kind::accept_failed:
            ++counters_.accepts_failed;
            break;
        case Kind::greeted:
        case Kind::connected:
        case Kind::connect_failed:
            break;
    }
}

std::vector<ConnectionId> RouterTransport::peers_through(int fd) const {
    std::vector<ConnectionId> ids;
    const auto [begin, end] = by_fd_.equal_range(fd);
    for (auto at = begin; at != end; ++at) ids.push_back(at->second);
    return ids;
}

void RouterTransport::check_guard() {
    next_check_ = now_ + check_interval;
    // libzmq frees what it had read only some time after the cut.
    if (std::exchange(trim_due_, false)) malloc_trim(0);
    const ConnectionGuard::Cuts cuts = guard_.check(now_, [this](int fd) {
        std::uint64_t messages = 0;
        for (const ConnectionId id : peers_through(fd)) messages += find(id)->messages;
        return messages;
    });
    const auto tell = [this](const std::vector<int>& fds, std::string_view why) {
        for (const int fd : fds) {
            events_.push_back({Event::Kind::cut, {}, why, "descriptor " + std::to_string(fd)});
        }
    };
    tell(cuts.flooding, "too much without a whole message");
    tell(cuts.idle, "no message after the greeting");
    counters_.connections_cut_flooding += cuts.flooding.size();
    counters_.connections_cut_idle += cuts.idle.size();
    if (!cuts.flooding.empty()) trim_due_ = true;
}

}  // namespace zex::net
