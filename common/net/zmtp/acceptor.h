// Accepts connections on all endpoints of an engine, within the bounds on their number: of all, of
// one address, of the process's descriptors. Where descriptors run short it stops to accept, and
// goes on when some are free: the broker's own files never want for one.
//
// Thread: the poller's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/net/address_limits.h"
#include "common/net/listening_socket.h"
#include "common/net/poller.h"
#include "common/net/transport.h"

namespace zex::net::zmtp {

class Acceptor {
  public:
    struct Accepted {
        int fd = -1;  ///< non-blocking; the receiver's to close
        PeerInfo peer;
        std::string address_group;  ///< for left(); empty: the address is not counted
    };
    using OnAccepted = std::function<void(Accepted&&)>;

    /// `poller` and `counters` must outlive the acceptor.
    Acceptor(const TransportOptions& options, Poller& poller, TransportCounters& counters,
             OnAccepted on_accepted);
    ~Acceptor();
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    Result<std::string> listen(const std::string& endpoint);
    void stop();  ///< for good

    void begin_turn(Instant now);
    /// One that was accepted is gone, and its descriptor closed.
    void left(const std::string& address_group);

    std::optional<Instant> next_deadline() const { return resume_at_; }

  private:
    struct Door;
    void accept_from(Door& door);
    bool admit(int fd, const ListeningSocket& socket, Accepted& accepted);
    void pause();
    void resume();

    const TransportOptions options_;
    Poller& poller_;
    TransportCounters& counters_;
    OnAccepted on_accepted_;
    AddressLimits limits_;
    std::vector<std::unique_ptr<ListeningSocket>> sockets_;
    std::vector<std::unique_ptr<Door>> doors_;
    Instant now_;
    std::uint64_t held_ = 0;
    bool paused_ = false;
    std::optional<Instant> resume_at_;
};

}  // namespace zex::net::zmtp
