// The transport on libzmq's ROUTER sockets: for inproc, and for tcp and ipc where net.transport
// asks for it. libzmq bounds its queues in messages, and who left is learned by hints, each of
// which is tried by sending something (Event::doubt).
//
// Thread: the poller's. libzmq has its own, and a monitor thread drains what it tells.
// Invariants: no peer sees a routing id. A routing id that comes back after its connection was
// forgotten is a new connection.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/net/libzmq/connection_guard.h"
#include "common/net/libzmq/monitor.h"
#include "common/net/libzmq/probes.h"
#include "common/net/libzmq/router_listener.h"
#include "common/net/poller.h"
#include "common/net/transport.h"
#include "common/net/wakeup.h"

namespace zex::net {

class RouterTransport final : public Transport {
  public:
    /// `context`, `poller` and `ids` must outlive the transport.
    RouterTransport(const TransportOptions& options, Context& context, Poller& poller,
                    ConnectionIds& ids);
    ~RouterTransport() override;

    /// Before the first turn.
    Result<std::string> listen(const std::string& endpoint) override;
    void begin_turn(Instant now) override;
    bool receive(Message& message) override;
    bool wants_turn() override;
    void hear(ConnectionId id, bool heard) override;
    void admit(ConnectionId, bool) override {}  // libzmq has one bound for all
    Sent send(ConnectionId id, std::span<Outgoing> frames) override;
    void flush() override;
    std::uint64_t unread_bytes(ConnectionId id) const override;
    std::uint64_t unread_bytes() const override { return waiting_bytes_; }
    std::optional<PeerInfo> peer(ConnectionId id) const override;
    void cut(ConnectionId id) override;
    void close(ConnectionId id) override;
    std::vector<Event> take_events() override;
    std::optional<Instant> next_deadline() const override;
    TransportCounters counters() const override;
    bool is_shut_down() const override { return is_shut_down_; }
    void shut_down(Duration patience) override;

  private:
    struct Peer {
        ConnectionId id;
        std::size_t listener = 0;
        std::string routing_id;
        std::optional<int> fd;  ///< none on inproc
        PeerInfo info;
        std::uint64_t messages = 0;
        bool leaving = false;  ///< unreachable; what it had sent before is still read
        bool heard = true;
        std::deque<std::vector<Frame>> held_up;  ///< came while it was not heard
        std::vector<Frame> waiting;              ///< a message that libzmq has no room for yet
        std::uint64_t waiting_bytes = 0;
    };

    struct Leaver {
        ConnectionId id;
        Instant since;
    };

    /// libzmq's descriptor only wakes; what there is to receive is looked for each turn.
    struct Signals final : Poller::Watcher {
        void on_ready(std::uint32_t) override {}
    };
    struct Bell final : Poller::Watcher {
        void on_ready(std::uint32_t) override { wakeup.clear(); }
        Wakeup wakeup;
        std::optional<Poller::Token> token;
    };

    Peer* find(ConnectionId id);
    Peer& known(std::size_t listener);
    Peer& add(std::size_t listener);
    bool receive_held_up(Message& message);
    bool receive_from(std::size_t listener, Message& message);
    void give(const Peer& peer, Message& message);
    void look_at(const ConnectionEvent& event);
    void check_guard();
    void leave(Peer& peer);
    void stop_waiting(Peer& peer);
    void forget(Peer& peer);
    std::vector<ConnectionId> peers_through(int fd) const;

    const TransportOptions options_;
    Context& context_;
    Poller& poller_;
    ConnectionIds& ids_;
    TransportCounters counters_;
    Instant now_;

    using ByRoutingId = std::unordered_map<std::string, ConnectionId>;
    std::unordered_map<ConnectionId, std::unique_ptr<Peer>> peers_;
    std::vector<ByRoutingId> by_routing_id_;  ///< by listener
    std::unordered_multimap<int, ConnectionId> by_fd_;

    Probes probes_;
    ConnectionGuard guard_;
    Instant next_check_;
    bool trim_due_ = false;
    std::vector<Leaver> leavers_;
    std::vector<Event> events_;
    std::vector<ConnectionEvent> connection_events_;

    std::vector<ConnectionId> waiting_;  ///< have a message that waits
    std::uint64_t waiting_bytes_ = 0;
    std::uint64_t held_up_bytes_ = 0;
    std::deque<ConnectionId> heard_again_;  ///< have messages that were held up

    Signals signals_;
    Bell bell_;
    std::unique_ptr<Monitor> monitor_;         // ends after the listeners are closed
    std::vector<ConnectionEvents> unwatched_;  ///< until the monitor is started
    std::vector<RouterListener> listeners_;
    std::vector<bool> dry_;           ///< by listener: had nothing more in this turn
    std::size_t first_listener_ = 0;  ///< its turn to be drained
    int share_left_ = 0;              ///< of that listener's turn
    std::vector<Frame> frames_;
    bool is_shut_down_ = false;
};

}  // namespace zex::net
