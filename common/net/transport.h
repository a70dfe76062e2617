// The seam between a broker and its sockets: peers that connect, what they send, what is sent to
// them. Two implementations: zmtp/engine for tcp and ipc, libzmq/router_transport for inproc and,
// where it is asked for, tcp and ipc.
//
// Thread: the one that waits at the poller which the transport was made with. Nothing here blocks.
// Invariants: what a peer sent before it left is received before it is told as gone. A
// ConnectionId is never used again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <zex/result.hpp>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/net/outgoing.h"
#include "common/net/socket.h"
#include "common/net/transport_counters.h"

namespace zex::net {

/// Where transports that serve one broker take the numbers of their connections from.
class ConnectionIds {
  public:
    ConnectionId next() { return ConnectionId(++last_); }

  private:
    std::uint64_t last_ = 0;
};

/// Bounds are in bytes, headers included. Each says what happens there.
struct TransportOptions {
    std::uint64_t hello_bytes = 64 << 10;    ///< of a message before admit(); beyond: cut
    std::uint64_t message_bytes = 17 << 20;  ///< of one after it; beyond: cut
    std::uint64_t surplus_bytes = 64 << 20;  ///< of frames behind the second; beyond: cut
    std::uint64_t output_bytes = 1 << 20;    ///< unread by one peer; then send() would block
    Duration hello_timeout = std::chrono::seconds(5);  ///< to the first message; beyond: cut
    std::uint64_t connections = 2016;                  ///< further ones are closed at once
    std::uint64_t backlog = 1024;                      ///< that the kernel holds for accept

    // From one address, outside loopback and ipc; 0: no bound. Beyond: closed at once.
    std::uint64_t address_connections = 100;
    std::uint64_t address_rate = 20;  ///< in a second
    bool abstract_ipc = false;        ///< allow ipc://@NAME, which has no file's permissions

    // For libzmq alone, in messages of one peer.
    std::uint64_t receive_queue = 64;
    std::uint64_t send_queue = 256;
};

/// Of an ipc peer, as the kernel tells them.
struct Credentials {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};

struct PeerInfo {
    std::string endpoint;  ///< of the listener
    std::string address;   ///< "127.0.0.1", "::1"; empty on ipc and inproc
    std::optional<Credentials> credentials;
    Instant since;  ///< when it was accepted, where that is known

    std::string text() const;  ///< "tcp://127.0.0.1:5695 from 127.0.0.1"
};

class Transport {
  public:
    virtual ~Transport() = default;

    /// Listens at one more endpoint; gives it with the port that was chosen for port 0 or *.
    virtual Result<std::string> listen(const std::string& endpoint) = 0;

    /// After the wait, before anything else.
    virtual void begin_turn(Instant now) = 0;

    struct Message {
        ConnectionId from;
        std::array<std::string_view, 2> frames;
        std::size_t frame_count = 0;
        bool surplus = false;  ///< there were more frames than two
    };
    /// The next message of a peer that is heard; false when there is none now. Peers take turns.
    /// Its frames are good until the next call of receive() or begin_turn().
    virtual bool receive(Message& message) = 0;
    /// Asked before each wait: is there something to be done at once, as receive() may have more,
    /// or send() has room again?
    virtual bool wants_turn() = 0;

    /// Whether the peer is heard, as all are at first. What an unheard one sends is held up.
    virtual void hear(ConnectionId id, bool heard) = 0;
    /// It said hello: its messages may be as long as anybody's, or no longer.
    virtual void admit(ConnectionId id, bool admitted) = 0;

    /// At most two frames, which are untouched unless they were sent. Written in flush().
    virtual Sent send(ConnectionId id, std::span<Outgoing> frames) = 0;
    virtual void flush() = 0;
    /// Bytes that were sent and are not yet written, or not yet acknowledged as far as that is
    /// known: to one, to all.
    virtual std::uint64_t unread_bytes(ConnectionId id) const = 0;
    virtual std::uint64_t unread_bytes() const = 0;

    virtual std::optional<PeerInfo> peer(ConnectionId id) const = 0;
    /// Ends the connection at once. Nothing more is told of it.
    virtual void cut(ConnectionId id) = 0;
    /// Ends it when what was sent is written. Nothing more is told of it.
    virtual void close(ConnectionId id) = 0;

    struct Event {
        enum class Kind : std::uint8_t {
            gone,   ///< it left
            cut,    ///< this side ended it; `why` says for what
            doubt,  ///< it may be gone: sending something would tell
        };
        Kind kind = Kind::gone;
        ConnectionId id;
        std::string_view why;
        std::string peer;  ///< of what was cut; it may never have sent a message
    };
    /// What happened to connections since the last call. To be taken when receive() gave false, or
    /// the loop stopped asking.
    virtual std::vector<Event> take_events() = 0;

    virtual std::optional<Instant> next_deadline() const = 0;
    virtual TransportCounters counters() const = 0;
    virtual bool is_shut_down() const = 0;  ///< by its context; nothing more will come

    /// Stops listening, and gives what was sent this much time to be written and read.
    virtual void shut_down(Duration patience) = 0;
};

}  // namespace zex::net
