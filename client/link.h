// One attempt to talk to one endpoint: a DEALER of its own, so that nothing of an older connection
// reaches a newer one, and what libzmq tells about its connection.
//
// Thread: who has the driver's turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <zex/result.hpp>

#include "common/net/events.h"
#include "common/net/socket.h"

namespace zex {

class Link {
  public:
    /// A frame longer than `frame_bytes` ends the connection.
    static Result<Link> open(net::Context& context, const std::string& endpoint,
                             std::size_t frame_bytes);

    enum class News : std::uint8_t { none, ready, lost };
    /// What has happened to the connection; `why` is set where it is lost.
    News news(std::optional<Error>& why);

    net::Sent send(std::span<net::Frame> frames) { return dealer_.send(frames); }
    bool receive(std::vector<net::Frame>& frames) {
        return dealer_.receive(frames) == net::Got::message;
    }

    int dealer_fd() const { return dealer_fd_; }  ///< Socket::signal_fd()
    int events_fd() const { return events_fd_; }

  private:
    Link(std::string endpoint, net::ConnectionEvents events, net::Socket dealer)
        : endpoint_(std::move(endpoint)),
          events_(std::move(events)),
          dealer_(std::move(dealer)),
          dealer_fd_(dealer_.signal_fd()),
          events_fd_(events_.socket().signal_fd()) {}

    std::string endpoint_;
    net::ConnectionEvents events_;
    net::Socket dealer_;  ///< closed before events_
    int dealer_fd_;
    int events_fd_;
    bool at_once_ = false;  ///< inproc: no handshake, no events
};

}  // namespace zex
