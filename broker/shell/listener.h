// One endpoint that clients connect to: a ROUTER socket with the options that a broker needs.
//
// Thread: opened anywhere, then the broker thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zex/result.hpp>

#include "broker/shell/options.h"
#include "common/net/events.h"
#include "common/net/socket.h"

namespace zex::shell {

class Listener {
  public:
    /// Binds. An ipc socket is made for this user alone (mode 0600), and an ipc endpoint at which
    /// another process listens is refused.
    static Result<Listener> open(net::Context& context, const std::string& endpoint,
                                 const Options& options);

    const std::string& endpoint() const { return endpoint_; }  ///< with the real port
    const net::Socket& socket() const { return socket_; }

    /// What happens to its connections, for the one who drains it (see Monitor). Once.
    net::ConnectionEvents take_events() { return std::move(events_); }

    /// The first frame is the peer's routing id.
    net::Got receive(std::vector<net::Frame>& frames) { return socket_.receive(frames); }

    /// At most two frames. They are untouched unless they were sent.
    net::Sent send(std::string_view routing_id, std::span<net::Frame> frames);

    /// Gives what was sent this much time to be written when the listener is closed.
    void set_linger(Duration time) { socket_.set_linger(time); }

  private:
    Listener(std::string endpoint, net::Socket socket, net::ConnectionEvents events)
        : endpoint_(std::move(endpoint)), events_(std::move(events)), socket_(std::move(socket)) {}

    std::string endpoint_;
    net::ConnectionEvents events_;
    net::Socket socket_;  // closed before the events are
};

}  // namespace zex::shell
