// The one door to ZeroMQ: a context, sockets that each own one ZeroMQ socket, and a poll over
// several of them. Nothing outside common/net includes libzmq's headers, and no call here throws.
//
// Thread: a Socket belongs to the thread that uses it; it may be made on another one and handed
// over. A Context may be shared by all threads and must outlive its sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "common/base/time.h"
#include "common/net/frame.h"

namespace zex::net {

class Context {
  public:
    /// Refuses a libzmq older than 4.3.4.
    static Result<std::unique_ptr<Context>> make(int io_threads = 1);
    /// Uses a context that somebody else owns, which must outlive this object and its sockets.
    static std::unique_ptr<Context> borrow(void* zmq_context);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    void* handle() const { return handle_; }

    /// Makes every blocked or later call on a socket of an owned context end with `closed`. From
    /// any thread.
    void shut_down();

  private:
    Context(void* handle, bool owned) : handle_(handle), owned_(owned) {}
    void* handle_;
    bool owned_;
};

enum class SocketKind : std::uint8_t { router, dealer, pair };

/// What differs from the defaults of this project (linger 0, no wait to connect). An empty field
/// leaves libzmq's own default.
struct SocketOptions {
    std::optional<int> send_queue;            ///< messages for each peer before would_block
    std::optional<int> receive_queue;         ///< messages from each peer before it is held up
    std::optional<std::int64_t> frame_bytes;  ///< longer frames cut the peer off, without a word
    std::optional<int> backlog;               ///< connections that the kernel holds for accept
    std::optional<int> handshake_ms;          ///< a peer that takes longer to greet is cut off
    std::optional<int> keepalive_idle_s;      ///< TCP asks a silent peer's kernel whether it lives
    std::optional<int> connect_timeout_ms;
    std::optional<int> reconnect_ms;
    std::optional<int> reconnect_max_ms;
    bool ipv6 = false;      ///< IPv6 addresses beside those of IPv4
    bool immediate = true;  ///< dealer: queue nothing for a connection that is not up
};

enum class Sent : std::uint8_t {
    sent,         ///< the frames were taken over
    would_block,  ///< no room now; the frames are untouched
    unreachable,  ///< router: no such peer; the frames are untouched (dealer: it broke in between)
    closed,       ///< the context is shut down
};

enum class Got : std::uint8_t { message, nothing, closed };

class Socket {
  public:
    /// A router is made with ROUTER_MANDATORY, without hand-over of routing ids.
    static Result<Socket> open(Context& context, SocketKind kind, const SocketOptions& options);
    Socket() = default;  ///< not open
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;

    explicit operator bool() const { return handle_ != nullptr; }
    void* handle() const { return handle_; }
    /// Stops its connection events first, if somebody watches them. What was sent and is not yet
    /// written to the peers is thrown away, unless there is time to linger.
    void close();
    void set_linger(Duration time);  ///< at close(), and then the context's end waits for it

    Status bind(const std::string& endpoint);
    Status connect(const std::string& endpoint);
    Status unbind(const std::string& endpoint);
    Status disconnect(const std::string& endpoint);
    std::string last_endpoint() const;  ///< with the port that was chosen for port 0

    /// Readable when there may be something new to receive, or room to send again: receive until
    /// nothing comes before waiting for it, and after every send, which may use the signal up.
    int signal_fd() const;

    /// Whether receive() would give something now. Uses the signal up, as sending does.
    bool has_input() const;

    /// Sends all frames as one message, or none. Never blocks.
    Sent send(std::span<Frame> frames);

    /// Receives one whole message into `frames`, which is cleared first. Never blocks. Of a
    /// message with more than `frames_kept` frames the rest is thrown away.
    Got receive(std::vector<Frame>& frames);
    static constexpr std::size_t frames_kept = 8;

  private:
    explicit Socket(void* handle) : handle_(handle) {}
    Status set(int option, int value);
    Status apply(SocketKind kind, const SocketOptions& options);
    void* handle_ = nullptr;
};

/// A socket or a file descriptor to wait for; `ready` says whether it can be read now.
struct PollItem {
    const Socket* socket = nullptr;
    int fd = -1;  ///< used when there is no socket
    bool ready = false;
};

/// Waits until one of at most 128 items can be read, or `timeout` has passed (none: for ever).
/// Rounds up to milliseconds. False when the context is shut down.
bool poll(std::span<PollItem> items, std::optional<Duration> timeout);

/// "4.3.4".
std::string zmq_version_text();

}  // namespace zex::net
