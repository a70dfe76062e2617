// The part of BrokerLoop that notices and handles what comes to an end: silent peers, lost and cut
// connections, pipes that are full.
#include <algorithm>
#include <cstdint>
#include <utility>

#include <malloc.h>

#include "broker/shell/broker_loop.h"

namespace zex::shell {
namespace {

using std::chrono::milliseconds;

constexpr Duration intake_interval = milliseconds(250);
constexpr Duration leaving_patience = milliseconds(50);
constexpr std::uint64_t memory_worth_giving_back = 64 << 20;
constexpr Duration give_back_delay = std::chrono::seconds(3);

}  // namespace

void BrokerLoop::do_what_is_due() {
    for (const ConnectionId id : probes_.take_due(now_)) {
        outbox_.answer(id, {std::nullopt, wire::Ping{}});
    }
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
        if (const Connection* connection = connections_.find(id)) cut(*connection);
        lose(id, "no hello");
    }
    if (const auto deadline = core_.next_deadline(); deadline && *deadline <= now_) {
        apply(core::Tick{});
    }
    event_log_.look_for_ended(core_);
    event_log_.write_due(now_);
    give_back_memory();
    if (now_ >= next_intake_check_) check_intake();
}

/// A peer that cannot be reached may still have sent something before it left, and that counts: it
/// is gone when its listener has run dry once since.
void BrokerLoop::let_leavers_go() {
    std::vector<Leaver> still_here;
    for (const Leaver& leaver : std::exchange(leavers_, {})) {
        const Connection* connection = connections_.find(leaver.connection);
        if (connection == nullptr) continue;
        if (dry_[connection->listener] || now_ - leaver.since > leaving_patience) {
            lose(leaver.connection, "connection lost");
        } else {
            still_here.push_back(leaver);
        }
    }
    leavers_.insert(leavers_.end(), still_here.begin(), still_here.end());
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
            return leave(*connection);
        case Outbox::News::Kind::overfull:
            ++counters_.peers_overfull;
            cut(*connection);
            return lose(news.connection, "it does not read its answers");
    }
}

void BrokerLoop::leave(Connection& connection) {
    if (std::exchange(connection.leaving, true)) return;
    leavers_.push_back({connection.id, now_});
    apply(core::PeerBlocked{connection.id});
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
    probes_.stop(id);
    peers_.forget(id);
    outbox_.close(id);
    connections_.remove(id);
}

void BrokerLoop::cut(const Connection& connection) {
    if (connection.fd) intake_.cut(*connection.fd);
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

void BrokerLoop::check_intake() {
    next_intake_check_ = now_ + intake_interval;
    // libzmq frees what it had read only some time after the cut.
    if (std::exchange(trim_due_, false)) malloc_trim(0);
    const Intake::Cuts cuts =
        intake_.check(now_, [this](int fd) { return connections_.messages_through(fd); });
    for (const int fd : cuts.flooding) event_log_.cut(fd, "too much without a whole message");
    for (const int fd : cuts.mute) event_log_.cut(fd, "no message after the greeting");
    counters_.connections_cut_flooding += cuts.flooding.size();
    counters_.connections_cut_mute += cuts.mute.size();
    if (!cuts.flooding.empty()) trim_due_ = true;
}

}  // namespace zex::shell
