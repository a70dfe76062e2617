#include "common/net/libzmq/router_listener.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace zex::net {
namespace {

constexpr std::string_view ipc_scheme = "ipc://";

SocketOptions socket_options(const TransportOptions& options) {
    SocketOptions socket;
    socket.send_queue = static_cast<int>(options.send_queue);
    socket.receive_queue = static_cast<int>(options.receive_queue);
    socket.backlog = static_cast<int>(options.backlog);
    socket.handshake_ms = 3000;
    // No ZMTP heartbeat: see docs/decisions/0006. The protocol's own notices a silent peer, and the
    // kernel closes a connection whose other end is no more.
    socket.keepalive_idle_s = 30;
    // Beyond this a peer is cut off without a word. The decoder's limits, which are answered with
    // an error, lie below it.
    socket.frame_bytes = static_cast<std::int64_t>(options.message_bytes);
    return socket;
}

/// libzmq replaces the socket file of a broker that runs, and a regular file. A stale socket file
/// it may replace.
std::optional<std::string> in_the_way(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
    if (!S_ISSOCK(found.st_mode)) return "what is there is no socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return std::nullopt;
    const int rc = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const bool listens = rc == 0 || errno == EAGAIN;
    ::close(fd);
    if (listens) return "another process listens there";
    return std::nullopt;
}

Status bind(Socket& socket, const std::string& endpoint, bool abstract_ipc) {
    if (!endpoint.starts_with(ipc_scheme)) return socket.bind(endpoint);
    const std::string path = endpoint.substr(ipc_scheme.size());
    const auto cannot = [&endpoint](const std::string& why) {
        return error(ErrorCode::bad_argument, "cannot listen on " + endpoint + ": " + why);
    };
    if (path.starts_with('@')) {
        if (abstract_ipc) return socket.bind(endpoint);
        return cannot(
            "a name in the abstract namespace is open to all users of this machine; "
            "give a path, or allow it with listen.allow_abstract_ipc");
    }
    if (const auto why = in_the_way(path)) return cannot(*why);
    const mode_t before = ::umask(0177);
    Status bound = socket.bind(endpoint);
    ::umask(before);
    return bound;
}

}  // namespace

Result<RouterListener> RouterListener::open(Context& context, const std::string& endpoint,
                                            const TransportOptions& options) {
    SocketOptions wanted = socket_options(options);
    wanted.ipv6 = endpoint.find('[') != std::string::npos;  // else libzmq shows IPv4 as IPv6
    auto socket = Socket::open(context, SocketKind::router, wanted);
    if (!socket) return socket.error();
    auto events = ConnectionEvents::open(context, *socket);
    if (!events) return events.error();
    if (Status bound = bind(*socket, endpoint, options.abstract_ipc); !bound) {
        socket->close();
        return bound.error();
    }
    std::string actual = socket->last_endpoint();
    return RouterListener(std::move(actual), std::move(*socket), std::move(*events));
}

}  // namespace zex::net
