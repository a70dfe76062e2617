// What goes out: performs effects in their order, each connection's on its own, with the
// confirms and deliveries of one loop turn merged. Frames that a peer's full pipe does not take
// wait here, in order, and the core is told to deliver nothing more to it meanwhile.
//
// Thread: the broker thread.
// Owns: frames that wait. Knows no socket: the sender is handed in.
// Invariants: nothing is sent to a connection that is not open here. What waits for one connection
// is at most what one turn delivered and `answer_bytes` of answers; beyond that it is given up.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "broker/core/effect.h"
#include "broker/shell/merge.h"
#include "common/base/ids.h"
#include "common/net/outgoing.h"
#include "common/net/socket.h"
#include "common/wire/codec.h"

namespace zex::shell {

class Outbox {
  public:
    /// Envelope and, perhaps, body to a connection. Leaves the frames alone unless it sent them.
    using Sender = std::function<net::Sent(ConnectionId, std::span<net::Outgoing>)>;

    struct Bounds {
        std::uint64_t answer_bytes = 8 << 20;
        std::uint64_t frame_bytes = 256 << 10;
    };

    Outbox(Sender sender, Bounds bounds);

    /// Starts a connection, with the form of its envelopes.
    void open(ConnectionId connection, wire::Form form);
    void set_form(ConnectionId connection, wire::Form form);
    void close(ConnectionId connection);  ///< throws away what waits

    void answer(ConnectionId to, const wire::Reply& reply);
    void confirm(const core::Confirm& confirm);
    /// Moves the run's messages out of `messages`.
    void deliver(const core::Deliver& deliver, std::vector<core::Message>& messages);

    void end_turn();  ///< sends what was held back to be merged
    void retry();     ///< sends what waits, as far as it goes

    /// Something waits that retry() may move.
    bool waiting() const { return !waiting_.empty(); }
    std::uint64_t waiting_bytes() const { return waiting_bytes_; }  ///< of all connections
    std::uint64_t waiting_bytes(ConnectionId connection) const;

    struct News {
        enum class Kind : std::uint8_t {
            blocked,      ///< its pipe is full
            ready,        ///< all that waited is sent
            unreachable,  ///< the peer is gone
            overfull,     ///< it does not read its answers: give it up
        };
        Kind kind;
        ConnectionId connection;
    };
    /// Told once each.
    std::vector<News> take_news() { return std::exchange(news_, {}); }

    std::uint64_t frames_sent() const { return frames_sent_; }
    std::uint64_t times_blocked() const { return times_blocked_; }

  private:
    struct Waiting {
        net::Outgoing envelope;
        std::optional<net::Outgoing> body;
        std::uint64_t bytes = 0;
        std::uint64_t answer_bytes = 0;  ///< 0 for a delivery, which credit bounds
    };
    struct Lane {
        wire::Form form = wire::Form::json;
        Merge merge;
        bool held_back = false;  ///< stands in turn_
        bool dead = false;       ///< unreachable or overfull: nothing more is sent
        std::deque<Waiting> waiting;
        std::uint64_t answer_bytes = 0;  ///< of those that wait
        std::uint64_t waiting_bytes = 0;
    };
    enum class What : std::uint8_t { answer, delivery };

    Lane* find(ConnectionId connection);
    void hold_back(ConnectionId connection, Lane& lane);
    void flush(ConnectionId connection, Lane& lane);
    void write(ConnectionId to, Lane& lane, const core::Confirm& confirm);
    void write(ConnectionId to, Lane& lane, const DeliverRun& run);
    void write(ConnectionId to, Lane& lane, const wire::Deliver& deliver, wire::DeliverStyle style,
               std::optional<std::uint64_t> id);
    void fill(const core::Message* begin, const core::Message* end);
    void send(ConnectionId to, Lane& lane, wire::Frames&& frames, What what);
    void queue(ConnectionId to, Lane& lane, Waiting&& frames);
    net::Sent try_send(ConnectionId to, Waiting& frames);
    void die(ConnectionId connection, Lane& lane, News::Kind why);
    void stop_waiting(ConnectionId connection, Lane& lane);

    Sender sender_;
    Bounds bounds_;
    std::unordered_map<ConnectionId, Lane> lanes_;
    std::vector<ConnectionId> turn_;     ///< lanes with something held back
    std::vector<ConnectionId> waiting_;  ///< lanes with frames that wait
    std::uint64_t waiting_bytes_ = 0;
    std::vector<News> news_;
    std::uint64_t frames_sent_ = 0;
    std::uint64_t times_blocked_ = 0;
    wire::Deliver scratch_;
};

}  // namespace zex::shell
