#include "common/net/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <random>
#include <utility>

#include <zmq.h>

#include "common/base/check.h"

namespace zex::net {
namespace {

Error failed(const std::string& what) {
    return error(ErrorCode::bad_argument, what + ": " + zmq_strerror(zmq_errno()));
}

// A ROUTER numbers its peers from rand(), so that a peer could guess, and claim, a number that is
// due to another. libzmq seeds rand() from the time when a context starts its threads; so they are
// started first, by a socket that is thrown away, and the seed replaced.
void seed_routing_ids(void* context) {
    void* starter = zmq_socket(context, ZMQ_PAIR);
    if (starter != nullptr) zmq_close(starter);
    std::random_device random;
    srand(random());
}

int zmq_kind(SocketKind kind) {
    switch (kind) {
        case SocketKind::router:
            return ZMQ_ROUTER;
        case SocketKind::dealer:
            return ZMQ_DEALER;
        case SocketKind::pair:
            return ZMQ_PAIR;
    }
    ZEX_CHECK(false);
}

}  // namespace

Result<std::unique_ptr<Context>> Context::make(int io_threads) {
    int major = 0;
    int minor = 0;
    int patch = 0;
    zmq_version(&major, &minor, &patch);
    if (ZMQ_MAKE_VERSION(major, minor, patch) < ZMQ_MAKE_VERSION(4, 3, 4)) {
        return error(ErrorCode::bad_argument,
                     "libzmq " + zmq_version_text() + " is too old; 4.3.4 or later is needed");
    }
    void* handle = zmq_ctx_new();
    if (handle == nullptr) return failed("cannot make a ZeroMQ context");
    zmq_ctx_set(handle, ZMQ_IO_THREADS, io_threads);
    zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, zmq_ctx_get(handle, ZMQ_SOCKET_LIMIT));
    return std::unique_ptr<Context>(new Context(handle, true));
}

std::unique_ptr<Context> Context::borrow(void* zmq_context) {
    return std::unique_ptr<Context>(new Context(zmq_context, false));
}

Context::~Context() {
    if (!owned_) return;
    while (zmq_ctx_term(handle_) != 0 && zmq_errno() == EINTR) {
    }
}

void Context::shut_down() {
    if (owned_) zmq_ctx_shutdown(handle_);
}

Result<Socket> Socket::open(Context& context, SocketKind kind, const SocketOptions& options) {
    if (kind == SocketKind::router) seed_routing_ids(context.handle());
    Socket socket(zmq_socket(context.handle(), zmq_kind(kind)));
    if (!socket) return failed("cannot open a ZeroMQ socket");
    if (Status done = socket.apply(kind, options); !done) return done.error();
    return socket;
}

Socket::Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
}

void Socket::close() {
    if (handle_ == nullptr) return;
    // An I/O thread that tells an event to a reader who has left would wait for ever.
    zmq_socket_monitor(handle_, nullptr, 0);
    zmq_close(std::exchange(handle_, nullptr));
}

void Socket::set_linger(Duration time) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time).count();
    const int value = static_cast<int>(ms);
    zmq_setsockopt(handle_, ZMQ_LINGER, &value, sizeof value);
}

Status Socket::set(int option, int value) {
    if (zmq_setsockopt(handle_, option, &value, sizeof value) == 0) return {};
    return failed("cannot set ZeroMQ option " + std::to_string(option));
}

Status Socket::apply(SocketKind kind, const SocketOptions& options) {
    std::vector<std::pair<int, int>> wanted = {{ZMQ_LINGER, 0}};
    const auto want = [&wanted](int option, const std::optional<int>& value) {
        if (value) wanted.emplace_back(option, *value);
    };
    want(ZMQ_SNDHWM, options.send_queue);
    want(ZMQ_RCVHWM, options.receive_queue);
    want(ZMQ_BACKLOG, options.backlog);
    want(ZMQ_HANDSHAKE_IVL, options.handshake_ms);
    if (options.keepalive_idle_s) {
        want(ZMQ_TCP_KEEPALIVE, 1);
        want(ZMQ_TCP_KEEPALIVE_IDLE, options.keepalive_idle_s);
        want(ZMQ_TCP_KEEPALIVE_INTVL, 10);
        want(ZMQ_TCP_KEEPALIVE_CNT, 3);
    }
    want(ZMQ_CONNECT_TIMEOUT, options.connect_timeout_ms);
    want(ZMQ_RECONNECT_IVL, options.reconnect_ms);
    want(ZMQ_RECONNECT_IVL_MAX, options.reconnect_max_ms);
    if (options.ipv6) want(ZMQ_IPV6, 1);
    if (kind == SocketKind::router) want(ZMQ_ROUTER_MANDATORY, 1);
    if (kind == SocketKind::dealer) want(ZMQ_IMMEDIATE, options.immediate ? 1 : 0);
    for (const auto& [option, value] : wanted) {
        if (Status done = set(option, value); !done) return done;
    }
    if (options.frame_bytes) {
        const std::int64_t most = *options.frame_bytes;
        if (zmq_setsockopt(handle_, ZMQ_MAXMSGSIZE, &most, sizeof most) != 0) {
            return failed("cannot set the longest frame");
        }
    }
    return {};
}

Status Socket::bind(const std::string& endpoint) {
    if (zmq_bind(handle_, endpoint.c_str()) == 0) return {};
    return failed("cannot listen on " + endpoint);
}

Status Socket::connect(const std::string& endpoint) {
    // Without the option libzmq takes an IPv6 address for a name; with it, a name for IPv6 first.
    if (endpoint.find('[') != std::string::npos) {
        if (Status done = set(ZMQ_IPV6, 1); !done) return done;
    }
    if (zmq_connect(handle_, endpoint.c_str()) == 0) return {};
    return failed("cannot connect to " + endpoint);
}

Status Socket::unbind(const std::string& endpoint) {
    if (zmq_unbind(handle_, endpoint.c_str()) == 0) return {};
    return failed("cannot stop listening on " + endpoint);
}

Status Socket::disconnect(const std::string& endpoint) {
    if (zmq_disconnect(handle_, endpoint.c_str()) == 0) return {};
    return failed("cannot disconnect from " + endpoint);
}

std::string Socket::last_endpoint() const {
    std::array<char, 1024> text{};
    std::size_t size = text.size();
    if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text.data(), &size) != 0) return {};
    return std::string(text.data());
}

int Socket::signal_fd() const {
    int fd = -1;
    std::size_t size = sizeof fd;
    if (zmq_getsockopt(handle_, ZMQ_FD, &fd, &size) != 0) return -1;
    return fd;
}

bool Socket::has_input() const {
    int events = 0;
    std::size_t size = sizeof events;
    if (zmq_getsockopt(handle_, ZMQ_EVENTS, &events, &size) != 0) return true;  // closed: see there
    return (events & ZMQ_POLLIN) != 0;
}

Sent Socket::send(std::span<Frame> frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const int flags = ZMQ_DONTWAIT | (i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
        auto* message = static_cast<zmq_msg_t*>(frames[i].handle());
        int rc = 0;
        do rc = zmq_msg_send(message, handle_, flags);
        while (rc < 0 && zmq_errno() == EINTR);
        if (rc >= 0) continue;
        if (zmq_errno() == ETERM || zmq_errno() == ENOTSOCK) return Sent::closed;
        // Room is decided by the first frame. Only a dealer whose connection breaks between two
        // frames fails later, and then libzmq has taken the first ones back.
        if (i > 0 || zmq_errno() != EAGAIN) return Sent::unreachable;
        return Sent::would_block;
    }
    return Sent::sent;
}

Got Socket::receive(std::vector<Frame>& frames) {
    frames.clear();
    for (;;) {
        Frame frame;
        auto* message = static_cast<zmq_msg_t*>(frame.handle());
        int rc = 0;
        do rc = zmq_msg_recv(message, handle_, ZMQ_DONTWAIT);
        while (rc < 0 && zmq_errno() == EINTR);
        if (rc < 0) return zmq_errno() == EAGAIN ? Got::nothing : Got::closed;
        const bool more = zmq_msg_more(message) != 0;
        if (frames.size() < frames_kept) frames.push_back(std::move(frame));
        if (!more) return Got::message;
    }
}

bool poll(std::span<PollItem> items, std::optional<Duration> timeout) {
    constexpr std::size_t most = 128;
    ZEX_CHECK(items.size() <= most);
    std::array<zmq_pollitem_t, most> raw{};
    for (std::size_t i = 0; i < items.size(); ++i) {
        raw[i].socket = items[i].socket != nullptr ? items[i].socket->handle() : nullptr;
        raw[i].fd = items[i].fd;
        raw[i].events = ZMQ_POLLIN;
    }
    long wait = -1;
    if (timeout) {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
        wait = static_cast<long>(std::clamp<std::int64_t>(ms, 0, 3'600'000));
    }
    const int rc = zmq_poll(raw.data(), static_cast<int>(items.size()), wait);
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].ready = rc > 0 && (raw[i].revents & (ZMQ_POLLIN | ZMQ_POLLERR)) != 0;
    }
    return rc >= 0 || zmq_errno() == EINTR || zmq_errno() == EAGAIN;
}

std::string zmq_version_text() {
    int major = 0;
    int minor = 0;
    int patch = 0;
    zmq_version(&major, &minor, &patch);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace zex::net
