#include "client/link.h"

#include <utility>

namespace zex {
namespace {

// Full batches of 256 KiB: enough to keep libzmq busy for a few milliseconds. While it is full,
// batches grow.
constexpr int send_queue = 32;

Error lost(const std::string& endpoint, const std::string& what) {
    return error(ErrorCode::not_connected, endpoint + ": " + what);
}

}  // namespace

Result<Link> Link::open(net::Context& context, const std::string& endpoint,
                        std::size_t frame_bytes) {
    net::SocketOptions options;
    options.send_queue = send_queue;
    options.frame_bytes = static_cast<std::int64_t>(frame_bytes);
    options.handshake_ms = 5000;
    options.connect_timeout_ms = 2000;
    Result<net::Socket> dealer = net::Socket::open(context, net::SocketKind::dealer, options);
    if (!dealer) return dealer.error();
    auto events = net::ConnectionEvents::open(context, *dealer);
    if (!events) return events.error();
    if (Status connected = dealer->connect(endpoint); !connected) {
        return lost(endpoint, connected.error().reason);
    }
    Link link(endpoint, std::move(*events), std::move(*dealer));
    link.at_once_ = endpoint.starts_with("inproc:");
    return link;
}

Link::News Link::news(std::optional<Error>& why) {
    if (std::exchange(at_once_, false)) return News::ready;
    net::ConnectionEvent event;
    while (events_.next(event)) {
        switch (event.kind) {
            case net::ConnectionEvent::Kind::greeted:
                return News::ready;
            case net::ConnectionEvent::Kind::connect_failed:
                why = lost(endpoint_, "nobody listens there");
                return News::lost;
            case net::ConnectionEvent::Kind::handshake_failed:
                why = lost(endpoint_, "what listens there is no zex broker");
                return News::lost;
            case net::ConnectionEvent::Kind::lost:
                why = lost(endpoint_, "the connection broke");
                return News::lost;
            default:
                break;
        }
    }
    return News::none;
}

}  // namespace zex
