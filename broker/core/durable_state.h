// What makes a queue durable: which of its messages are stored as promised, which may have been
// delivered, which are on the disk only, and what was settled and is not yet written down. A queue
// that is not durable has none.
//
// Two marks divide the sequences. Messages before `committed` are stored as the queue's durability
// promises; before `delivered_up_to` it is stored that they may have been delivered. A message goes
// to a consumer only when it is before both. So after a crash no second delivery goes unflagged,
// and nothing is delivered that a crash could take back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "broker/core/backlog.h"
#include "broker/core/durability.h"
#include "broker/facts/record.h"
#include "common/base/ids.h"
#include "common/wire/protocol.h"

namespace zex::core {

class Queue;
class Storage;

/// `delivered_up_to` is raised so far ahead of the next delivery, as raising it waits for the disk.
/// After a crash up to so many messages are flagged that were never delivered.
inline constexpr std::uint64_t deliver_ahead = 16'384;

/// Bodies that one durable queue keeps in memory, at most, for consumers that are not waiting.
inline constexpr std::uint64_t queue_memory_bytes = 8 << 20;
/// Bodies that it may always have in memory, whatever the other queues have.
inline constexpr std::uint64_t queue_window_bytes = 1 << 20;
/// Most messages that are prefetched from the disk at once.
inline constexpr std::size_t load_messages = 8192;
/// So many are read for a queue without consumers, for `get` and `peek`.
inline constexpr std::size_t load_head = 64;

/// A `get` whose message is not yet stored, or not yet read.
struct WaitingGet {
    SessionId session;
    ConnectionId connection;
    std::optional<std::uint64_t> id;
    wire::Get verb;
    bool purges = false;  ///< a purge that came behind such gets
};
/// Most of them for one queue; further ones are answered with limit_reached.
inline constexpr std::size_t waiting_gets = 1000;

class DurableState {
  public:
    DurableState(Queue& queue, Storage& storage, const QueueDurability& durability_)
        : durability(durability_), queue_(queue), storage_(storage) {}
    ~DurableState();
    DurableState(const DurableState&) = delete;
    DurableState& operator=(const DurableState&) = delete;

    const QueueDurability durability;

    Backlog backlog;                             ///< never taken, and behind all that is in memory
    std::uint64_t backlog_bytes = 0;             ///< as Queue::bytes() counts them
    bool loading = false;                        ///< the first of the backlog are being read
    std::deque<WaitingGet> waiting;              ///< `get`s that wait until the head can be taken
    std::uint64_t delivered_before_restart = 0;  ///< messages before it come back as redelivered

    // Bodies in memory that were never taken:
    bool has_memory_for(std::uint64_t bytes) const;
    void entered_memory(std::uint64_t bytes);
    void left_memory(std::uint64_t bytes);
    std::uint64_t memory_bytes() const { return memory_bytes_; }

    // The marks:
    std::uint64_t deliverable_before() const { return std::min(committed_, delivered_up_to_); }
    std::uint64_t committed() const { return committed_; }
    std::uint64_t delivered_up_to_written() const { return delivered_up_to_written_; }
    /// When the fact `fact` is stored, all messages before `committed` are, and before
    /// `delivered_up_to` that they may have been delivered.
    void mark(std::uint64_t fact, std::uint64_t committed, std::uint64_t delivered_up_to);
    /// Facts up to this one are stored as promised.
    void commit(std::uint64_t fact);
    void restore(std::uint64_t committed, std::uint64_t delivered_up_to);

    // What is settled and not yet written down:
    void settle(facts::SequenceRange range);
    /// In rising order, and adjacent ones as one.
    std::vector<facts::SequenceRange> take_settled();

    bool touched = false;  ///< kept by batch_committed()

  private:
    struct Mark {
        std::uint64_t fact = 0;
        std::uint64_t committed = 0;
        std::uint64_t delivered_up_to = 0;
    };
    Queue& queue_;
    Storage& storage_;
    std::uint64_t memory_bytes_ = 0;
    std::uint64_t committed_ = 0;
    std::uint64_t delivered_up_to_ = 0;
    std::uint64_t delivered_up_to_written_ = 0;
    std::uint64_t last_committed_ = 0;  ///< of the last mark
    std::deque<Mark> marks_;            ///< of facts under way
    std::vector<facts::SequenceRange> settled_;
};

}  // namespace zex::core
