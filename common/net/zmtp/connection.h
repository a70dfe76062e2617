// One peer of the engine: its socket, what of ZMTP it has said, what it has sent and what waits for
// it. Knows no other connection and no bound but its own.
//
// Thread: the poller's.
// Owns: the descriptor.
#pragma once

#include <cstdint>
#include <string>

#include "common/net/poller.h"
#include "common/net/transport.h"
#include "common/net/zmtp/output_queue.h"
#include "common/net/zmtp/protocol.h"
#include "common/net/zmtp/read_buffer.h"

namespace zex::net::zmtp {

class Connection final : public Poller::Watcher {
  public:
    /// Told when the socket is ready.
    class Owner {
      public:
        virtual void on_ready(Connection& connection, std::uint32_t what) = 0;

      protected:
        ~Owner() = default;
    };

    /// `fd` is non-blocking. `poller` and `owner` must outlive the connection.
    Connection(ConnectionId id, int fd, PeerInfo peer, Protocol::Bounds bounds, Poller& poller,
               Owner& owner);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    ConnectionId id() const { return id_; }
    const PeerInfo& peer() const { return peer_; }
    Protocol& protocol() { return protocol_; }
    const Protocol& protocol() const { return protocol_; }
    OutputQueue& output() { return output_; }
    const OutputQueue& output() const { return output_; }

    /// Waits for input from now on. False where the system has no room for that.
    bool watch();
    /// No more input is read, until it is heard again; room for output is still waited for.
    void hear(bool heard);
    bool is_heard() const { return heard_; }

    enum class Reading : std::uint8_t {
        message,  ///< one, whose frames are good until the next call
        waits,    ///< for more to come
        yields,   ///< its share is used; there may be more
        ended,    ///< the peer is gone, and all that it sent was given
        refused,  ///< it is to be ended; see protocol().refusal()
    };
    /// What it has sent next. Reads at most `reads` times, and counts that down.
    Reading next(Transport::Message& message, int& reads, Scratch& scratch);
    /// Gives the scratch back.
    void rest();
    std::uint64_t held_bytes() const { return input_.own_bytes(); }
    /// Reads and throws away; true when the peer has closed its end.
    bool drain(Scratch& scratch);

    enum class Writing : std::uint8_t { done, blocked, failed };
    /// Writes what waits, as far as the system takes it, and waits for room for the rest.
    Writing flush();
    bool is_blocked() const { return is_blocked_; }
    /// Bytes that wait here, and in the kernel when they last did not all go into it.
    std::uint64_t unread_bytes() const { return output_.bytes() + kernel_bytes_; }
    void end_output();  ///< the peer reads the end of the stream

    void on_ready(std::uint32_t what) override;
    void unwatch();
    void close();  ///< the descriptor; what was received can still be looked at

    // What the engine notes of it.
    bool has_message = false;   ///< it sent at least one
    bool is_queued = false;     ///< among those that are read in turn
    bool is_dirty = false;      ///< among those to be flushed
    bool is_broken = false;     ///< nothing can be written any more
    bool is_closing = false;    ///< nobody listens to it; it ends when its output is written
    std::uint64_t counted = 0;  ///< of unread_bytes(), in the engine's sum
    std::string address_group;

  private:
    void update_watch();
    void answer();

    const ConnectionId id_;
    int fd_;
    const PeerInfo peer_;
    Poller& poller_;
    Owner& owner_;
    Protocol protocol_;
    ReadBuffer input_;
    OutputQueue output_;
    std::uint64_t kernel_bytes_ = 0;
    std::size_t consumed_ = 0;  ///< of the input, by the message that was given
    std::optional<Poller::Token> token_;
    std::uint32_t watched_ = 0;
    bool heard_ = true;
    bool is_dry_ = true;       ///< the last read took all that there was
    bool is_blocked_ = false;  ///< the last write did not take all
};

}  // namespace zex::net::zmtp
