// The ZMTP 3.1 server of a broker, for tcp and ipc: one epoll loop in the broker's own thread, no
// thread of its own. Peers are DEALER and REQ sockets of any ZeroMQ library; to them it is a
// ROUTER.
//
// Thread: the poller's.
// Invariants: what one peer makes it hold is one message that is not yet whole, 64 KiB of whole
// ones, and its unread output, each of which is bounded in bytes. A connection's memory lives at
// least until the turn in which it ended is over.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/net/poller.h"
#include "common/net/transport.h"
#include "common/net/zmtp/acceptor.h"
#include "common/net/zmtp/connection.h"

namespace zex::net::zmtp {

class Engine final : public Transport, private Connection::Owner {
  public:
    /// `poller` and `ids` must outlive the engine.
    Engine(const TransportOptions& options, Poller& poller, ConnectionIds& ids);
    ~Engine() override = default;

    Result<std::string> listen(const std::string& endpoint) override {
        return acceptor_.listen(endpoint);
    }
    void begin_turn(Instant now) override;
    bool receive(Message& message) override;
    bool wants_turn() override {
        return !readable_.empty() || current_ != nullptr || has_room_again_;
    }
    void hear(ConnectionId id, bool heard) override;
    void admit(ConnectionId id, bool admitted) override;
    Sent send(ConnectionId id, std::span<Outgoing> frames) override;
    void flush() override;
    std::uint64_t unread_bytes(ConnectionId id) const override;
    std::uint64_t unread_bytes() const override { return unread_bytes_; }
    std::optional<PeerInfo> peer(ConnectionId id) const override;
    void cut(ConnectionId id) override;
    void close(ConnectionId id) override;
    std::vector<Event> take_events() override { return std::exchange(events_, {}); }
    std::optional<Instant> next_deadline() const override;
    TransportCounters counters() const override { return counters_; }
    bool is_shut_down() const override { return false; }
    void shut_down(Duration patience) override;

    std::size_t size() const { return connections_.size(); }
    /// Of all connections: input that is not yet taken; output that the system has not taken.
    std::uint64_t held_bytes() const;
    std::uint64_t output_bytes() const;

  private:
    void on_accepted(Acceptor::Accepted&& accepted);
    void on_ready(Connection& connection, std::uint32_t what) override;
    Connection* find(ConnectionId id) const;
    Protocol::Bounds bounds(bool admitted) const;

    Connection* next_readable();
    void queue(Connection& connection);
    void rest(Connection& connection, bool again);
    void note_output(Connection& connection);
    void write(Connection& connection);
    void on_broken_output(Connection& connection);

    void on_ended(Connection& connection);
    void on_refused(Connection& connection);
    void tell_of_accepting(const TransportCounters& before);
    void start_closing(Connection& connection);
    void go_on_closing(Connection& connection, std::uint32_t what);
    void remove(Connection& connection);
    void end_the_late();

    const TransportOptions options_;
    Poller& poller_;
    ConnectionIds& ids_;
    TransportCounters counters_;
    Scratch scratch_;
    Instant now_;
    std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
    std::vector<std::unique_ptr<Connection>> removed_;  ///< until nothing points to them
    Acceptor acceptor_;

    std::deque<ConnectionId> readable_;  ///< in the order of their turns
    Connection* current_ = nullptr;      ///< has the scratch
    int reads_left_ = 0;                 ///< of its share
    int messages_left_ = 0;
    std::vector<ConnectionId> dirty_;  ///< to be flushed
    std::uint64_t unread_bytes_ = 0;
    bool has_room_again_ = false;  ///< a connection that was blocked, in this turn
    std::vector<Event> events_;

    using Deadlines = std::deque<std::pair<Instant, ConnectionId>>;
    Deadlines first_message_by_;  ///< each may be over already
    Deadlines closed_by_;
};

}  // namespace zex::net::zmtp
