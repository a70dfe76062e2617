#include "common/net/listening_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/net/tcp_address.h"

namespace zex::net {
namespace {

constexpr std::string_view tcp_scheme = "tcp://";
constexpr std::string_view ipc_scheme = "ipc://";

/// Tries that a name with several addresses has to find one port that is free at all of them.
constexpr int port_tries = 16;

Error cannot(const std::string& endpoint, const std::string& why) {
    return error(ErrorCode::bad_argument, "cannot listen on " + endpoint + ": " + why);
}

std::string system_text(int number) {
    return std::strerror(number);
}

int open_socket(int family) {
    return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/// A descriptor that listens at the address, or errno below zero.
int listen_at(const TcpAddress& address, int backlog) {
    const int fd = open_socket(address.family());
    if (fd < 0) return -errno;
    const int yes = 1;
    const int only = address.takes_both_families() ? 0 : 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    if (::bind(fd, address.address(), address.size()) == 0 && ::listen(fd, backlog) == 0) return fd;
    const int trouble = errno;
    ::close(fd);
    return -trouble;
}

bool is_unavailable(int trouble) {
    return trouble == EADDRNOTAVAIL || trouble == EAFNOSUPPORT;
}

/// Is there, at the path of a socket, a process that listens? 0: none. Else errno, or EADDRINUSE.
int who_listens(const sockaddr_un& address, socklen_t size) {
    const int fd = open_socket(AF_UNIX);
    if (fd < 0) return errno;
    const int rc = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
    const int trouble = rc == 0 || errno == EAGAIN ? EADDRINUSE : errno;
    ::close(fd);
    return trouble == ECONNREFUSED ? 0 : trouble;
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const std::string& endpoint, const Options& options) {
    ListeningSocket socket(endpoint);
    Status opened = cannot(endpoint, "it is neither tcp://HOST:PORT nor ipc://PATH");
    if (endpoint.starts_with(tcp_scheme)) opened = socket.open_tcp(options);
    if (endpoint.starts_with(ipc_scheme)) opened = socket.open_ipc(options);
    if (!opened) return opened.error();
    return socket;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : endpoint_(std::move(other.endpoint_)),
      fds_(std::exchange(other.fds_, {})),
      is_ipc_(other.is_ipc_),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

ListeningSocket::~ListeningSocket() {
    // The path may lead to another process's socket by now.
    struct stat found {};
    if (!path_.empty() && ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ &&
        found.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
    for (const int fd : fds_) ::close(fd);
}

Status ListeningSocket::open_tcp(const Options& options) {
    auto place = TcpEndpoint::parse(std::string_view(endpoint_).substr(tcp_scheme.size()));
    if (!place) return cannot(endpoint_, place.error().reason);
    auto addresses = place->resolve();
    if (!addresses) return cannot(endpoint_, addresses.error().reason);
    const int tries = place->port == 0 && addresses->size() > 1 ? port_tries : 1;
    int trouble = 0;
    for (int i = 0; i < tries; ++i) {
        for (const int fd : std::exchange(fds_, {})) ::close(fd);
        std::uint16_t port = place->port;
        trouble = 0;
        for (TcpAddress& address : *addresses) {
            address.set_port(port);
            const int fd = listen_at(address, options.backlog);
            if (fd < 0 && is_unavailable(-fd) && addresses->size() > 1) continue;
            if (fd < 0) {
                trouble = -fd;
                break;
            }
            fds_.push_back(fd);
            port = TcpAddress::of_socket(fd).port();
        }
        if (trouble == 0 && !fds_.empty()) {
            endpoint_ = std::string(tcp_scheme) + place->host_text() + ":" + std::to_string(port);
            return {};
        }
        if (trouble != EADDRINUSE) break;
    }
    return cannot(endpoint_, system_text(trouble == 0 ? EADDRNOTAVAIL : trouble));
}

Status ListeningSocket::open_ipc(const Options& options) {
    is_ipc_ = true;
    std::string path = endpoint_.substr(ipc_scheme.size());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return cannot(endpoint_, "a path has 1 to 107 bytes");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    socklen_t size = sizeof address;
    const bool is_abstract = path[0] == '@';
    if (is_abstract && !options.abstract_ipc) {
        return cannot(endpoint_,
                      "a name in the abstract namespace is open to all users of this machine; "
                      "give a path, or allow it with listen.allow_abstract_ipc");
    }
    if (is_abstract) {
        address.sun_path[0] = '\0';
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    }
    struct stat found {};
    if (!is_abstract && ::lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode)) return cannot(endpoint_, "what is there is no socket");
        const int trouble = who_listens(address, size);
        if (trouble == EADDRINUSE) return cannot(endpoint_, "another process listens there");
        if (trouble != 0) return cannot(endpoint_, system_text(trouble));
        ::unlink(path.c_str());
    }
    const int fd = open_socket(AF_UNIX);
    if (fd < 0) return cannot(endpoint_, system_text(errno));
    fds_.push_back(fd);
    // The mode that the file is made with: nobody can connect between bind and a chmod.
    if (::fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(fd, options.backlog) != 0) {
        return cannot(endpoint_, system_text(errno));
    }
    if (!is_abstract && ::lstat(path.c_str(), &found) == 0) {
        path_ = std::move(path);
        device_ = found.st_dev;
        inode_ = found.st_ino;
    }
    return {};
}

}  // namespace zex::net
