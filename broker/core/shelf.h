// What makes a queue durable: which of its messages stand on the disk as promised, which may have
// been delivered, and which are there only. A queue that is not durable has none.
//
// Three numbers divide the sequences. Messages before `committed` are stored as the queue's
// durability promises; before `offered` it is stored that they may have been delivered; a message
// goes to a consumer only when it is before both. So after a crash no second delivery goes
// unflagged, and nothing is delivered that a crash could take back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "broker/core/backlog.h"
#include "broker/core/durability.h"
#include "broker/facts/tape.h"
#include "common/base/ids.h"
#include "common/wire/protocol.h"

namespace zex::core {

class Storage;

/// `offered` is raised so far ahead of the next delivery, as raising it waits for the disk. After
/// a crash up to so many messages are flagged that were never delivered.
inline constexpr std::uint64_t offer_ahead = 16'384;

/// Bodies that one durable queue keeps in memory, at most, for consumers that are not waiting.
inline constexpr std::uint64_t shelf_memory_bytes = 8 << 20;
/// Bodies that it may always have in memory, whatever the other queues have.
inline constexpr std::uint64_t shelf_window_bytes = 1 << 20;
/// Most messages that are read ahead at once.
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

class Shelf {
  public:
    Shelf(Storage& storage_, const QueueDurability& durability_)
        : storage(storage_), durability(durability_) {}

    Storage& storage;
    const QueueDurability durability;

    Backlog backlog;                             ///< never taken, and behind all that is in memory
    std::uint64_t backlog_bytes = 0;             ///< as Queue::bytes() counts them
    std::uint64_t memory_bytes = 0;              ///< of messages in memory that were never taken
    bool loading = false;                        ///< the first of the backlog are being read
    std::deque<WaitingGet> waiting;              ///< `get`s that wait until the head can be taken
    std::uint64_t delivered_before_restart = 0;  ///< messages before it come back as redelivered

    std::uint64_t deliverable_before() const { return std::min(committed_, offered_); }
    std::uint64_t committed() const { return committed_; }
    std::uint64_t offered_written() const { return offered_written_; }

    /// With this batch all messages before `committed` will be stored, and before `offered` that
    /// they may have been delivered. True where the queue had no mark for the batch yet.
    bool mark(std::uint64_t batch, std::uint64_t committed, std::uint64_t offered);
    /// The batch, and all before it, are stored as promised.
    void commit(std::uint64_t batch);
    void restore(std::uint64_t committed, std::uint64_t offered);

    /// The message is gone, which is still to be written.
    void settle(std::uint64_t sequence);
    std::vector<facts::SequenceRange> take_settled();
    bool has_settled() const { return !settled_.empty(); }

  private:
    struct Mark {
        std::uint64_t batch = 0;
        std::uint64_t committed = 0;
        std::uint64_t offered = 0;
    };
    std::uint64_t committed_ = 0;
    std::uint64_t offered_ = 0;
    std::uint64_t offered_written_ = 0;
    std::uint64_t last_committed_ = 0;  ///< of the last mark
    std::vector<Mark> marks_;           ///< of batches under way
    std::vector<facts::SequenceRange> settled_;
};

}  // namespace zex::core
