// One attempt to talk to one endpoint: a DEALER of its own, so that nothing of an older connection
// reaches a newer one, and what libzmq tells about its connection.
//
// Thread: the socket thread.
#pragma once

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
    static Result<Link> open(net::Context& context, const std::string& endpoint);

    enum class News : std::uint8_t { none, ready, lost };
    /// What has happened to the connection; `why` is set where it is lost.
    News news(std::optional<Error>& why);

    net::Sent send(std::span<net::Frame> frames) { return dealer_.send(frames); }
    bool receive(std::vector<net::Frame>& frames) {
        return dealer_.receive(frames) == net::Got::message;
    }

    const net::Socket& dealer() const { return dealer_; }
    const net::Socket& events() const { return events_.socket(); }

  private:
    Link(std::string endpoint, net::ConnectionEvents events, net::Socket dealer)
        : endpoint_(std::move(endpoint)), events_(std::move(events)), dealer_(std::move(dealer)) {}

    std::string endpoint_;
    net::ConnectionEvents events_;
    net::Socket dealer_;    ///< closed before events_
    bool at_once_ = false;  ///< inproc: no handshake, no events
};

}  // namespace zex
