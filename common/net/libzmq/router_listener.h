// One endpoint that clients connect to over libzmq: a ROUTER socket with the options that a broker
// needs.
//
// Thread: opened anywhere, then the poller's.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zex/result.hpp>

#include "common/net/events.h"
#include "common/net/poller.h"
#include "common/net/socket.h"
#include "common/net/transport.h"

namespace zex::net {

class RouterListener {
  public:
    /// Binds. An ipc socket is made for this user alone (mode 0600), and an ipc endpoint at which
    /// another process listens, or where there is something else than a socket, is refused.
    static Result<RouterListener> open(Context& context, const std::string& endpoint,
                                       const TransportOptions& options);

    const std::string& endpoint() const { return endpoint_; }  ///< with the real port
    Socket& socket() { return socket_; }

    /// What happens to its connections, for the one who drains it (see Monitor). Once.
    ConnectionEvents take_events() { return std::move(events_); }

    std::optional<Poller::Token> token;  ///< under which its socket is watched

  private:
    RouterListener(std::string endpoint, Socket socket, ConnectionEvents events)
        : endpoint_(std::move(endpoint)), events_(std::move(events)), socket_(std::move(socket)) {}

    std::string endpoint_;
    ConnectionEvents events_;
    Socket socket_;  // closed before the events are
};

}  // namespace zex::net
