// The part of Engine that ends connections: peers that leave, that are refused, or late; closing,
// with time for last words.
#include <algorithm>
#include <utility>

#include "common/net/zmtp/engine.h"

namespace zex::net::zmtp {
namespace {

/// A peer that has its last words is given so long to read them.
constexpr Duration closing_time = std::chrono::seconds(1);

}  // namespace

/// It left, and all that it sent was received.
void Engine::on_ended(Connection& connection) {
    if (connection.has_message) {
        events_.push_back({Event::Kind::gone, connection.id(), {}, {}});
    } else {
        ++counters_.connections_closed_before_hello;
        if (!connection.protocol().is_ready()) ++counters_.handshakes_failed;
    }
    remove(connection);
}

/// A peer whose handshake is refused is told why, where it speaks ZMTP.
void Engine::on_refused(Connection& connection) {
    const Refusal why = connection.protocol().refusal().value();
    if (is_of_handshake(why)) {
        ++counters_.handshakes_failed;
    } else if (why == Refusal::too_large || why == Refusal::endless_message) {
        ++counters_.connections_cut_flooding;
    } else {
        ++counters_.connections_cut_malformed;
    }
    if (!connection.has_message) ++counters_.connections_closed_before_hello;
    events_.push_back({Event::Kind::cut, connection.id(), text(why), connection.peer().text()});
    if (is_of_handshake(why)) {
        start_closing(connection);
    } else {
        remove(connection);
    }
}

void Engine::cut(ConnectionId id) {
    if (Connection* connection = find(id)) remove(*connection);
}

void Engine::close(ConnectionId id) {
    Connection* connection = find(id);
    if (connection != nullptr && !connection->is_closing) start_closing(*connection);
}

/// Its input is read and thrown away, as a socket that is closed with input unread makes the peer
/// lose what it has not yet read. That begins with the next turn: a message may still be looked at.
void Engine::start_closing(Connection& connection) {
    connection.is_closing = true;
    if (current_ == &connection) current_ = nullptr;
    if (connection.is_broken) return remove(connection);
    connection.hear(true);
    note_output(connection);
    if (connection.output().empty()) connection.end_output();
    closed_by_.emplace_back(now_ + closing_time, connection.id());
}

void Engine::go_on_closing(Connection& connection, std::uint32_t what) {
    if ((what & Poller::writable) != 0) write(connection);
    if ((what & (Poller::readable | Poller::broken)) == 0) return;
    if (connection.drain(scratch_) || (what & Poller::broken) != 0) remove(connection);
}

void Engine::remove(Connection& connection) {
    if (current_ == &connection) current_ = nullptr;
    const std::string address_group = connection.address_group;
    const auto found = connections_.find(connection.id());
    unread_bytes_ -= connection.counted;
    connection.close();
    removed_.push_back(std::move(found->second));
    connections_.erase(found);
    acceptor_.left(address_group);
}

void Engine::begin_turn(Instant now) {
    now_ = now;
    removed_.clear();
    has_room_again_ = false;
    const TransportCounters before = counters_;
    acceptor_.begin_turn(now);
    tell_of_accepting(before);
    end_the_late();
}

/// Of connections that never came to be.
void Engine::tell_of_accepting(const TransportCounters& before) {
    const auto tell = [&](std::uint64_t TransportCounters::*which, std::string_view why) {
        if (counters_.*which != before.*which) {
            events_.push_back({Event::Kind::cut, {}, why, "unknown"});
        }
    };
    tell(&TransportCounters::accepts_failed, "no descriptor is free; accepting waits");
    tell(&TransportCounters::connections_over_limit, "there are too many connections");
    tell(&TransportCounters::connections_over_address_limit,
         "there are too many connections from its address");
}

void Engine::end_the_late() {
    const auto take_due = [this](Deadlines& deadlines) -> Connection* {
        while (!deadlines.empty() && deadlines.front().first <= now_) {
            const ConnectionId id = deadlines.front().second;
            deadlines.pop_front();
            if (Connection* connection = find(id)) return connection;
        }
        return nullptr;
    };
    while (Connection* connection = take_due(closed_by_)) remove(*connection);
    while (Connection* connection = take_due(first_message_by_)) {
        if (connection->has_message || connection->is_closing) continue;
        const bool greeted = connection->protocol().is_ready();
        ++(greeted ? counters_.connections_cut_idle : counters_.handshakes_failed);
        ++counters_.connections_closed_before_hello;
        events_.push_back({Event::Kind::cut, connection->id(),
                           greeted ? "no message after the greeting" : "no handshake in time",
                           connection->peer().text()});
        remove(*connection);
    }
}

std::optional<Instant> Engine::next_deadline() const {
    std::optional<Instant> next = acceptor_.next_deadline();
    for (const Deadlines* deadlines : {&first_message_by_, &closed_by_}) {
        if (deadlines->empty()) continue;
        if (!next || deadlines->front().first < *next) next = deadlines->front().first;
    }
    return next;
}

void Engine::shut_down(Duration patience) {
    acceptor_.stop();
    flush();
    std::vector<ConnectionId> all;
    for (const auto& [id, connection] : connections_) all.push_back(id);
    for (const ConnectionId id : all) close(id);
    const SteadyClock clock;
    const Instant end = clock.now() + patience;
    while (!connections_.empty() && clock.now() < end) poller_.wait(end - clock.now());
    while (!connections_.empty()) remove(*connections_.begin()->second);
    removed_.clear();
}

}  // namespace zex::net::zmtp
