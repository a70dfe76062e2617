#include "common/net/events.h"

#include <atomic>
#include <cstring>
#include <optional>
#include <utility>

#include <zmq.h>

namespace zex::net {
namespace {

using Kind = ConnectionEvent::Kind;

constexpr int wanted = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED |
                       ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED |
                       ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::optional<Kind> kind_of(std::uint16_t number) {
    switch (number) {
        case ZMQ_EVENT_CONNECTED:
            return Kind::connected;
        case ZMQ_EVENT_ACCEPTED:
            return Kind::accepted;
        case ZMQ_EVENT_ACCEPT_FAILED:
            return Kind::accept_failed;
        case ZMQ_EVENT_CONNECT_RETRIED:
            return Kind::connect_failed;
        case ZMQ_EVENT_DISCONNECTED:
            return Kind::lost;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            return Kind::greeted;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            return Kind::handshake_failed;
        default:
            return std::nullopt;
    }
}

// Inproc names are shared by all sockets of a context.
std::string fresh_address() {
    static std::atomic<std::uint64_t> next{1};
    return "inproc://zex.connection-events." + std::to_string(next.fetch_add(1));
}

}  // namespace

Result<ConnectionEvents> ConnectionEvents::open(Context& context, const Socket& watched) {
    const std::string address = fresh_address();
    if (zmq_socket_monitor(watched.handle(), address.c_str(), wanted) != 0) {
        return error(ErrorCode::bad_argument,
                     std::string("cannot watch a socket: ") + zmq_strerror(zmq_errno()));
    }
    SocketOptions options;
    options.receive_queue = 100'000;
    Result<Socket> socket = Socket::open(context, SocketKind::pair, options);
    if (!socket) return socket.error();
    if (Status connected = socket->connect(address); !connected) return connected.error();
    return ConnectionEvents(std::move(*socket));
}

bool ConnectionEvents::next(ConnectionEvent& event) {
    while (socket_.receive(frames_) == Got::message) {
        if (frames_.size() != 2 || frames_[0].size() != 6) continue;
        std::uint16_t number = 0;
        std::int32_t value = 0;
        std::memcpy(&number, frames_[0].view().data(), sizeof number);
        std::memcpy(&value, frames_[0].view().data() + sizeof number, sizeof value);
        const std::optional<Kind> kind = kind_of(number);
        if (!kind) continue;
        event = {*kind, value, std::string(frames_[1].view())};
        return true;
    }
    return false;
}

}  // namespace zex::net
