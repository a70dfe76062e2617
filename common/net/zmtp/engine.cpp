#include "common/net/zmtp/engine.h"

#include <utility>

#include "common/base/check.h"

namespace zex::net::zmtp {
namespace {

// A connection's share of reading before the next one has its turn.
constexpr int reads_share = 4;
constexpr int messages_share = 64;

/// Output is written in the middle of a turn once so much has come together.
constexpr std::size_t write_at_bytes = 256 << 10;

}  // namespace

Engine::Engine(const TransportOptions& options, Poller& poller, ConnectionIds& ids)
    : options_(options),
      poller_(poller),
      ids_(ids),
      acceptor_(options, poller, counters_,
                [this](Acceptor::Accepted&& accepted) { on_accepted(std::move(accepted)); }) {}

Connection* Engine::find(ConnectionId id) const {
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second.get();
}

Protocol::Bounds Engine::bounds(bool admitted) const {
    return {admitted ? options_.message_bytes : options_.hello_bytes,
            admitted ? options_.surplus_bytes : options_.hello_bytes};
}

void Engine::on_accepted(Acceptor::Accepted&& accepted) {
    const ConnectionId id = ids_.next();
    Connection::Owner& owner = *this;
    auto connection = std::make_unique<Connection>(id, accepted.fd, std::move(accepted.peer),
                                                   bounds(false), poller_, owner);
    connection->address_group = std::move(accepted.address_group);
    Connection& added = *connection;
    connections_[id] = std::move(connection);
    if (!added.watch()) {
        ++counters_.accepts_failed;
        return remove(added);
    }
    first_message_by_.emplace_back(now_ + options_.hello_timeout, id);
    added.output().push_bytes(added.protocol().take_output());
    note_output(added);
}

void Engine::on_ready(Connection& connection, std::uint32_t what) {
    if (connection.is_closing) return go_on_closing(connection, what);
    if ((what & Poller::writable) != 0) write(connection);
    if ((what & (Poller::readable | Poller::broken)) != 0 && connection.is_heard()) {
        queue(connection);
    }
    if ((what & Poller::broken) != 0) on_broken_output(connection);
}

/// Nothing can be written any more. What it had sent is read on to the end of the stream; epoll
/// would tell of the break again and again, so it is not asked any more.
void Engine::on_broken_output(Connection& connection) {
    if (std::exchange(connection.is_broken, true)) return;
    connection.unwatch();
    if (connection.is_heard()) queue(connection);
}

// ---- Input

void Engine::queue(Connection& connection) {
    if (std::exchange(connection.is_queued, true)) return;
    readable_.push_back(connection.id());
}

Connection* Engine::next_readable() {
    while (!readable_.empty()) {
        Connection* connection = find(readable_.front());
        readable_.pop_front();
        if (connection == nullptr) continue;
        connection->is_queued = false;
        if (connection->is_closing || !connection->is_heard()) continue;
        reads_left_ = reads_share;
        messages_left_ = messages_share;
        return connection;
    }
    return nullptr;
}

void Engine::rest(Connection& connection, bool again) {
    connection.rest();
    if (again) queue(connection);
    current_ = nullptr;
}

bool Engine::receive(Message& message) {
    removed_.clear();
    for (;;) {
        if (current_ == nullptr) current_ = next_readable();
        if (current_ == nullptr) return false;
        Connection& connection = *current_;
        if (connection.is_closing || !connection.is_heard() || messages_left_ == 0) {
            rest(connection, true);
            continue;
        }
        const Connection::Reading reading = connection.next(message, reads_left_, scratch_);
        note_output(connection);
        switch (reading) {
            case Connection::Reading::message:
                --messages_left_;
                connection.has_message = true;
                return true;
            case Connection::Reading::waits:
                // A socket that cannot be written to has nothing more to come, either.
                if (connection.is_broken) {
                    on_ended(connection);
                } else {
                    rest(connection, false);
                }
                break;
            case Connection::Reading::yields:
                rest(connection, true);
                break;
            case Connection::Reading::ended:
                on_ended(connection);
                break;
            case Connection::Reading::refused:
                on_refused(connection);
                break;
        }
    }
}

void Engine::hear(ConnectionId id, bool heard) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->is_heard() == heard) return;
    connection->hear(heard);
    if (heard) queue(*connection);
}

void Engine::admit(ConnectionId id, bool admitted) {
    if (Connection* connection = find(id)) connection->protocol().set_bounds(bounds(admitted));
}

// ---- Output

Sent Engine::send(ConnectionId id, std::span<Outgoing> frames) {
    ZEX_CHECK(!frames.empty() && frames.size() <= 2);
    Connection* connection = find(id);
    if (connection == nullptr || connection->is_closing || connection->is_broken) {
        return Sent::unreachable;
    }
    if (connection->unread_bytes() >= options_.output_bytes) return Sent::would_block;
    connection->output().push_message(frames);
    note_output(*connection);
    if (connection->output().bytes() >= write_at_bytes) write(*connection);
    return Sent::sent;
}

/// After the connection's output has changed.
void Engine::note_output(Connection& connection) {
    unread_bytes_ += connection.unread_bytes() - connection.counted;
    connection.counted = connection.unread_bytes();
    if (connection.output().empty() || std::exchange(connection.is_dirty, true)) return;
    dirty_.push_back(connection.id());
}

void Engine::flush() {
    for (const ConnectionId id : std::exchange(dirty_, {})) {
        Connection* connection = find(id);
        if (connection == nullptr) continue;
        connection->is_dirty = false;
        write(*connection);
    }
}

void Engine::write(Connection& connection) {
    if (!connection.is_broken) {
        const bool was_blocked = connection.is_blocked();
        const Connection::Writing result = connection.flush();
        if (result == Connection::Writing::failed) on_broken_output(connection);
        if (was_blocked && result == Connection::Writing::done) has_room_again_ = true;
    }
    unread_bytes_ += connection.unread_bytes() - connection.counted;
    connection.counted = connection.unread_bytes();
    if (connection.is_closing && connection.output().empty()) connection.end_output();
}

std::uint64_t Engine::unread_bytes(ConnectionId id) const {
    const Connection* connection = find(id);
    return connection == nullptr ? 0 : connection->unread_bytes();
}

std::uint64_t Engine::held_bytes() const {
    std::uint64_t all = 0;
    for (const auto& [id, connection] : connections_) all += connection->held_bytes();
    return all;
}

std::uint64_t Engine::output_bytes() const {
    std::uint64_t all = 0;
    for (const auto& [id, connection] : connections_) all += connection->output().bytes();
    return all;
}

std::optional<PeerInfo> Engine::peer(ConnectionId id) const {
    const Connection* connection = find(id);
    if (connection == nullptr) return std::nullopt;
    return connection->peer();
}

}  // namespace zex::net::zmtp
