#include "broker/shell/listener.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/check.h"

namespace zex::shell {
namespace {

constexpr std::string_view ipc_scheme = "ipc://";

net::SocketOptions socket_options(const Options& options) {
    net::SocketOptions socket;
    socket.send_queue = static_cast<int>(options.send_queue);
    socket.receive_queue = static_cast<int>(options.receive_queue);
    socket.backlog = static_cast<int>(options.backlog);
    socket.handshake_ms = 3000;
    // No ZMTP heartbeat: see docs/decisions/0006. The protocol's own notices a silent peer, and the
    // kernel closes a connection whose other end is no more.
    socket.keepalive_idle_s = 30;
    // Beyond this a peer is cut off without a word. The decoder's limits, which are answered with
    // an error, lie below it.
    const std::uint64_t body = std::max(options.core.batch_bytes, options.core.message_bytes);
    socket.frame_bytes = static_cast<std::int64_t>(2 * body + (1 << 20));
    return socket;
}

/// libzmq replaces the socket file of a broker that runs; a stale file it may replace.
bool somebody_listens(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const bool connected =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

Status bind(net::Socket& socket, const std::string& endpoint) {
    if (!endpoint.starts_with(ipc_scheme)) return socket.bind(endpoint);
    const std::string path = endpoint.substr(ipc_scheme.size());
    if (somebody_listens(path)) {
        return error(ErrorCode::bad_argument,
                     "cannot listen on " + endpoint + ": another process listens there");
    }
    const mode_t before = ::umask(0177);
    Status bound = socket.bind(endpoint);
    ::umask(before);
    return bound;
}

}  // namespace

Result<Listener> Listener::open(net::Context& context, const std::string& endpoint,
                                const Options& options) {
    auto socket = net::Socket::open(context, net::SocketKind::router, socket_options(options));
    if (!socket) return socket.error();
    auto events = net::ConnectionEvents::open(context, *socket);
    if (!events) return events.error();
    if (Status bound = bind(*socket, endpoint); !bound) {
        socket->close();
        return bound.error();
    }
    std::string actual = socket->last_endpoint();
    return Listener(std::move(actual), std::move(*socket), std::move(*events));
}

net::Sent Listener::send(std::string_view routing_id, std::span<net::Frame> frames) {
    ZEX_CHECK(!frames.empty() && frames.size() <= 2);
    std::array<net::Frame, 3> all;
    all[0] = net::Frame::copy_of(routing_id);
    for (std::size_t i = 0; i < frames.size(); ++i) all[i + 1] = std::move(frames[i]);
    const net::Sent result = socket_.send(std::span(all).first(frames.size() + 1));
    if (result == net::Sent::sent) return result;
    for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = std::move(all[i + 1]);
    return result;
}

}  // namespace zex::shell
