// An ordered buffer of messages: those ready, and the count of those unacked, which consumers hold
// until they settle them. A queue knows its bounds and its consumers' turn; it sends nothing.
//
// Invariants: ready messages are in the order of their sequence, and those that came back are older
// than all that never left; messages() and bytes() count ready and unacked ones. A message is in
// the memory gauge until it is acked or dropped, even where that is after its queue has gone. In a
// durable queue messages of the backlog, on the disk only, are behind all that are in memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/content.h"
#include "broker/core/durability.h"
#include "broker/core/durable_state.h"
#include "broker/core/fifo.h"
#include "broker/core/limits.h"
#include "broker/core/message.h"
#include "broker/core/turn.h"
#include "common/base/ids.h"
#include "common/base/rate.h"
#include "common/base/time.h"

namespace zex::core {

class Exchange;

/// The other end of a queue's binding. Ordered by names, so that equal runs go equal ways.
struct BindingEnd {
    Exchange* exchange = nullptr;
    std::string key;
    bool operator<(const BindingEnd& other) const;
};

/// What all messages together are counted at, in bytes; overheads included.
struct MemoryGauge {
    std::uint64_t bytes = 0;

    static std::uint64_t cost(std::uint64_t message_bytes, std::string_view exchange,
                              std::string_view key) {
        return message_bytes + exchange.size() + key.size() + message_overhead_bytes;
    }
    static std::uint64_t cost(const Message& message) {
        return cost(message.bytes(), message.heading->exchange, message.heading->key);
    }
    void add(const Message& message) { bytes += cost(message); }
    void remove(const Message& message) { bytes -= cost(message); }
};

struct QueueOptions {
    bool exclusive = false;
    bool auto_delete = false;
    std::uint64_t max_messages = 0;
    std::uint64_t max_bytes = 0;
    bool durable = false;
    QueueDurability durability{};  ///< of a durable one
    bool drops_head = false;       ///< at a bound, instead of refusing; never of a durable one
};

struct QueueCounters {
    std::uint64_t published = 0;  ///< messages taken in
    std::uint64_t delivered = 0;
    std::uint64_t redelivered = 0;
    std::uint64_t acked = 0;
    std::uint64_t dropped = 0;  ///< left without an ack: rejected, purged, damaged, overflowed
    std::uint64_t refused = 0;  ///< messages not published anywhere because this queue was full
};

class Queue {
  public:
    /// A durable one needs the storage.
    Queue(QueueId id, std::string name, const QueueOptions& options, SessionId owner,
          MemoryGauge& memory, Storage* storage = nullptr);
    ~Queue();
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    const QueueId id;
    const std::string name;
    const QueueOptions options;
    const SessionId owner;  ///< of an exclusive queue

    /// Room for one more message of `bytes`.
    bool has_room(std::uint64_t bytes) const {
        return messages() < options.max_messages && bytes_ + bytes <= options.max_bytes;
    }
    bool is_full() const { return !has_room(1); }
    /// Refuses the next message, rather than make room for it.
    bool refuses(std::uint64_t bytes) const { return !has_room(bytes) && !options.drops_head; }
    /// Drops ready messages, the oldest first, until there is room; gives how many. There may be
    /// none afterwards, either: unacked messages stay. Requires options.drops_head.
    std::uint64_t make_room(std::uint64_t bytes);
    /// A message that found no room even so: it came in, and left at once.
    void overflowed() {
        ++counters_.published;
        ++counters_.dropped;
    }
    void refused_one() { ++counters_.refused; }

    void enqueue(const HeadingRef& heading, const Arrival& arrival, Instant now);

    /// Of a durable queue: a message whose record is being written. It stays in memory, or its body
    /// does not, as there is room.
    void enqueue_stored(const HeadingRef& heading, const Arrival& arrival, Instant now);
    /// The front of the backlog was read: into memory with it. False where that is another one.
    bool load(std::uint64_t sequence, const HeadingRef& heading, const Arrival& arrival,
              Instant enqueued);
    /// The record of a message of the backlog is damaged: it is lost. False where it has left the
    /// backlog meanwhile.
    bool lose(std::uint64_t sequence);
    void restore(const facts::QueueDeclared& declared,
                 const std::vector<facts::SequenceRange>& messages, std::uint64_t bytes);

    /// A message can be taken now. There may be ready ones that cannot: not yet stored, not yet
    /// read.
    bool has_deliverable() const {
        if (!returned_.empty()) return true;
        if (fresh_.empty()) return false;
        return durable_ == nullptr || fresh_.front().sequence < durable_->deliverable_before();
    }

    /// The head, now unacked. Requires has_deliverable(). The caller gives it back through one of
    /// requeue(), acked() or dropped().
    Message take();

    /// Puts unacked messages back where they were in the order, in logarithmic time each.
    void requeue(std::vector<Message>&& messages);

    void acked(const Message& message, Instant now);
    void dropped(const Message& message);

    /// Drops every ready message; gives how many.
    std::uint64_t purge();

    std::uint64_t ready() const {
        return returned_.size() + fresh_.size() + (durable_ ? durable_->backlog.size() : 0);
    }
    std::uint64_t unacked() const { return unacked_; }
    std::uint64_t messages() const { return ready() + unacked_; }
    std::uint64_t bytes() const { return bytes_; }

    /// The first ready one; null where there is none in memory.
    const Message* head() const {
        if (!returned_.empty()) return &returned_.begin()->second;
        return fresh_.empty() ? nullptr : &fresh_.front();
    }
    /// The first ready ones in their order, at most so many, of those in memory.
    std::vector<const Message*> first_ready(std::uint64_t most) const;
    bool has_fresh() const { return !fresh_.empty(); }

    DurableState* durable() const { return durable_.get(); }  ///< null: not durable
    std::uint64_t next_sequence() const { return next_sequence_; }
    /// Of the next message that was never taken, or will come.
    std::uint64_t next_fresh() const;

    /// Calls visit(message) for each in memory.
    template <class Visit>
    void each_in_memory(const Visit& visit) const {
        for (const auto& [sequence, message] : returned_) visit(message);
        fresh_.each([&](const Message& message) {
            visit(message);
            return true;
        });
    }

    const QueueCounters& counters() const { return counters_; }
    double in_rate(Instant now) const { return in_.per_second(now); }
    double out_rate(Instant now) const { return out_.per_second(now); }
    double ack_rate(Instant now) const { return ack_.per_second(now); }
    /// When a message last left it by a delivery or an ack; nothing before the first.
    std::optional<Instant> last_progress() const { return std::max(out_.last(), ack_.last()); }
    void count_deliveries(std::uint64_t all, std::uint64_t repeated, Instant now);

    std::vector<Consumer*> consumers;  ///< all of them, suspended ones too
    FairTurn turn;                     ///< those that can take a message now
    bool touched = false;              ///< kept by publish: to be dispatched at its end
    bool unfinished = false;           ///< kept by dispatch: it goes on with the next Tick

    std::set<BindingEnd> bindings;  ///< kept by Topology

  private:
    Message& push(const HeadingRef& heading, const Arrival& arrival, Instant now);
    void forget(const Message& message);
    void drop_ready();

    MemoryGauge& memory_;
    std::map<std::uint64_t, Message> returned_;  ///< requeued ones, by sequence
    Fifo<Message> fresh_;                        ///< never taken
    std::uint64_t unacked_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t next_sequence_ = 0;
    Chunks chunks_;
    std::unique_ptr<DurableState> durable_;
    bool gone_ = false;  ///< what is dropped now is not written down: the whole queue goes
    QueueCounters counters_;
    RateMeter in_, out_, ack_;
};

}  // namespace zex::core
