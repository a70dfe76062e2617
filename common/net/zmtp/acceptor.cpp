#include "common/net/zmtp/acceptor.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/tcp_address.h"

namespace zex::net::zmtp {
namespace {

constexpr int accepted_at_once = 64;
constexpr rlim_t spare_descriptors = 64;  ///< for files and whatever else; of few, a quarter
constexpr Duration pause_time = std::chrono::milliseconds(100);

/// A connection has a descriptor below this; as the kernel gives the lowest that is free, one above
/// tells that nearly all are taken.
int descriptor_bound() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1 << 30;
    return static_cast<int>(limit.rlim_cur - std::min(spare_descriptors, limit.rlim_cur / 4));
}

/// The kernel tells of a peer whose machine is gone: after 30 s of silence it asks three times.
void set_tcp_options(int fd) {
    const auto set = [fd](int level, int option, int value) {
        setsockopt(fd, level, option, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

std::optional<Credentials> credentials_of(int fd) {
    ucred found{};
    socklen_t size = sizeof found;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0) return std::nullopt;
    return Credentials{found.pid, found.uid, found.gid};
}

}  // namespace

/// One descriptor of an endpoint. Connections are accepted at the beginning of the next turn, when
/// it is known what the time is.
struct Acceptor::Door final : Poller::Watcher {
    Door(int its_fd, const ListeningSocket& its_socket) : fd(its_fd), socket(its_socket) {}
    void on_ready(std::uint32_t) override { is_ready = true; }
    int fd;
    const ListeningSocket& socket;
    std::optional<Poller::Token> token;
    bool is_ready = false;
};

Acceptor::Acceptor(const TransportOptions& options, Poller& poller, TransportCounters& counters,
                   OnAccepted on_accepted)
    : options_(options),
      poller_(poller),
      counters_(counters),
      on_accepted_(std::move(on_accepted)),
      limits_({options.address_connections, options.address_rate}) {}

Acceptor::~Acceptor() {
    stop();
}

void Acceptor::stop() {
    pause();
    resume_at_.reset();
    doors_.clear();
    sockets_.clear();
}

Result<std::string> Acceptor::listen(const std::string& endpoint) {
    auto socket = ListeningSocket::open(
        endpoint, {static_cast<int>(options_.backlog), options_.abstract_ipc});
    if (!socket) return socket.error();
    sockets_.push_back(std::make_unique<ListeningSocket>(std::move(*socket)));
    const ListeningSocket& opened = *sockets_.back();
    for (const int fd : opened.fds()) {
        doors_.push_back(std::make_unique<Door>(fd, opened));
        Door& door = *doors_.back();
        door.token = poller_.watch(fd, Poller::readable, door);
        if (!door.token) {
            return error(ErrorCode::bad_argument, "cannot wait for connections on " + endpoint);
        }
    }
    return opened.endpoint();
}

void Acceptor::begin_turn(Instant now) {
    now_ = now;
    if (resume_at_ && now >= *resume_at_) resume();
    for (const auto& door : doors_) {
        if (std::exchange(door->is_ready, false)) accept_from(*door);
    }
}

void Acceptor::left(const std::string& address_group) {
    --held_;
    if (!address_group.empty()) limits_.leave(address_group);
    if (paused_) resume_at_ = now_;
}

void Acceptor::accept_from(Door& door) {
    for (int i = 0; i < accepted_at_once && !paused_; ++i) {
        const int fd = ::accept4(door.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (fd < 0 && errno == EAGAIN) return;
        if (fd < 0 || fd >= descriptor_bound()) {
            ++counters_.accepts_failed;
            if (fd >= 0) ::close(fd);
            return pause();
        }
        Accepted accepted;
        if (admit(fd, door.socket, accepted)) {
            on_accepted_(std::move(accepted));
        } else {
            ::close(fd);
        }
    }
}

/// Counts it, or says that it is one too many.
bool Acceptor::admit(int fd, const ListeningSocket& socket, Accepted& accepted) {
    ++counters_.connections_accepted;
    if (held_ >= options_.connections) {
        ++counters_.connections_over_limit;
        return false;
    }
    accepted.fd = fd;
    accepted.peer.endpoint = socket.endpoint();
    accepted.peer.since = now_;
    if (socket.is_ipc()) {
        accepted.peer.credentials = credentials_of(fd);
    } else {
        sockaddr_storage storage{};
        socklen_t size = sizeof storage;
        if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return false;
        const TcpAddress peer(reinterpret_cast<const sockaddr*>(&storage), size);
        accepted.peer.address = peer.text();
        set_tcp_options(fd);
        if (!peer.is_loopback()) {
            accepted.address_group = peer.group();
            if (!limits_.enter(accepted.address_group, now_)) {
                ++counters_.connections_over_address_limit;
                return false;
            }
        }
    }
    ++held_;
    return true;
}

void Acceptor::pause() {
    if (std::exchange(paused_, true)) return;
    resume_at_ = now_ + pause_time;
    for (const auto& door : doors_) {
        if (door->token) poller_.forget(*door->token);
        door->token.reset();
        door->is_ready = false;
    }
}

void Acceptor::resume() {
    paused_ = false;
    resume_at_.reset();
    for (const auto& door : doors_) {
        door->token = poller_.watch(door->fd, Poller::readable, *door);
    }
}

}  // namespace zex::net::zmtp
