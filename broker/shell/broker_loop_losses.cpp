// The part of BrokerLoop that notices and handles what comes to an end: silent peers, lost and cut
// connections, pipes that are full.
#include <algorithm>
#include <cstdint>
#include <utility>

#include <malloc.h>

#include "broker/shell/broker_loop.h"

namespace zex::shell {
namespace {

constexpr std::uint64_t memory_worth_giving_back = 64 << 20;
constexpr Duration give_back_delay = std::chrono::seconds(3);

}  // namespace

void BrokerLoop::do_what_is_due() {
    const Peers::Due due = peers_.take_due(now_);
    for (const ConnectionId id : due.to_ping) outbox_.answer(id, {std::nullopt, wire::Ping{}});
    for (const ConnectionId id : due.silent) {
        ++counters_.peers_silent;
        const Error why = error(ErrorCode::heartbeat_missed,
                                "nothing was heard for longer than the heartbeat time-out");
        outbox_.answer(id, {std::nullopt, wire::Goodbye{why}});
        lose(id, "heartbeat missed");
    }
    for (const ConnectionId id : due.no_hello) {
        ++counters_.connections_no_hello;
        if (const Connection* connection = connections_.find(id)) connection->transport->cut(id);
        lose(id, "no hello");
    }
    if (const auto deadline = core_.next_deadline(); deadline && *deadline <= now_) {
        apply(core::Tick{});
    }
    event_log_.look_for_ended(core_);
    event_log_.write_due(now_);
    give_back_memory();
}

/// After the transports are drained: what a lost connection had sent counts as from it.
void BrokerLoop::on_transport_events() {
    for (const auto& transport : transports_) {
        for (const net::Transport::Event& event : transport->take_events()) {
            on_transport_event(event);
        }
    }
}

void BrokerLoop::on_transport_event(const net::Transport::Event& event) {
    using Kind = net::Transport::Event::Kind;
    switch (event.kind) {
        case Kind::gone:
            return lose(event.id, "connection lost");
        case Kind::cut:
            event_log_.cut(event.peer, event.why, now_);
            return lose(event.id, event.why);
        case Kind::doubt:
            return outbox_.answer(event.id, {std::nullopt, wire::Ping{}});
    }
}

void BrokerLoop::heed(const Outbox::News& news) {
    Connection* connection = connections_.find(news.connection);
    if (connection == nullptr) return;
    switch (news.kind) {
        case Outbox::News::Kind::blocked:
            return apply(core::PeerBlocked{news.connection});
        case Outbox::News::Kind::ready:
            return apply(core::PeerReady{news.connection});
        case Outbox::News::Kind::unreachable:
            // What it had sent is still read; then its transport tells that it is gone.
            return apply(core::PeerBlocked{news.connection});
        case Outbox::News::Kind::overfull:
            ++counters_.peers_overfull;
            connection->transport->cut(connection->id);
            return lose(news.connection, "it does not read its answers");
    }
}

void BrokerLoop::lose(ConnectionId id, std::string_view why) {
    Connection* connection = connections_.find(id);
    if (connection == nullptr) return;
    ++counters_.connections_lost;
    apply(core::PeerLost{id});
    if (connection->open()) {
        --open_connections_;
        event_log_.suspended(*connection, why, core_);
    }
    peers_.forget(id);
    outbox_.close(id);
    connection->transport->close(id);
    connections_.remove(id);
}

std::uint64_t BrokerLoop::unread_bytes() const {
    std::uint64_t all = outbox_.waiting_bytes();
    for (const auto& transport : transports_) all += transport->unread_bytes();
    return all;
}

/// The allocator keeps what a purge or a drained backlog sets free. It is told to give it back to
/// the system some time after, once for all that was set free meanwhile.
void BrokerLoop::give_back_memory() {
    const std::uint64_t bytes = core_.topology().memory_bytes();
    memory_peak_ = std::max(memory_peak_, bytes);
    const bool much = memory_peak_ - bytes >= memory_worth_giving_back && bytes < memory_peak_ / 2;
    if (!give_back_at_ && much) {
        give_back_at_ = now_ + give_back_delay;
    }
    if (!give_back_at_ || now_ < *give_back_at_) return;
    give_back_at_.reset();
    memory_peak_ = bytes;
    malloc_trim(0);
}

/// Beyond the bound of all together the one with the most is given up, and so on.
void BrokerLoop::bound_unread() {
    while (unread_bytes() > options_.output_bytes_all) {
        ConnectionId largest;
        std::uint64_t most = 0;
        for (const auto& [id, connection] : connections_) {
            const std::uint64_t bytes =
                outbox_.waiting_bytes(id) + connection->transport->unread_bytes(id);
            if (bytes <= most) continue;
            most = bytes;
            largest = id;
        }
        if (most == 0) return;
        ++counters_.peers_overfull;
        if (Connection* connection = connections_.find(largest)) {
            connection->transport->cut(largest);
        }
        lose(largest, "it does not read its answers, and the broker holds too many");
        outbox_.end_turn();
    }
}

}  // namespace zex::shell
