// What the core knows of the disk: whether there is one, whether it takes more, what waits for it,
// and what the segments of the log are still needed for. The log itself is the shell's; facts for
// it are laid out on the tape in Effects.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <zex/error.hpp>

#include "broker/core/backlog.h"
#include "broker/core/effect.h"
#include "broker/core/segments.h"
#include "common/base/ids.h"

namespace zex::core {

class Queue;

/// To be said or done when a batch is stored as promised.
struct Awaiting {
    std::uint64_t batch = 0;
    std::variant<Confirm, Answer, QueueId> what;  ///< a queue: its messages may be delivered
};

class Storage {
  public:
    Segments segments;
    std::deque<Awaiting> awaiting;
    void await(std::uint64_t batch, decltype(Awaiting::what) what) {
        awaiting.push_back({batch, std::move(what)});
        awaited_batch = std::max(awaited_batch, batch);
    }
    std::uint64_t awaited_batch = 0;    ///< the last one that something waits for, or waited
    std::optional<Error> refuses;       ///< why no durable message is taken now, if none is
    std::uint64_t memory_bytes = 0;     ///< bodies of durable messages in memory, never taken
    std::uint64_t memory_most = 0;      ///< beyond it a durable queue keeps no more than its window
    std::uint64_t topology_batch = 0;   ///< the last one with a change of what is declared
    std::uint64_t committed_batch = 0;  ///< the last one that is stored as promised
    std::uint64_t committed_bytes = 0;  ///< of the tape, up to there
    std::uint32_t committed_segment = 0;  ///< that its end is in: those before are complete

    /// A queue has settled messages to be written, told once until take_settled().
    void settled_in(Queue& queue) { settled_.push_back(&queue); }
    std::vector<Queue*> take_settled() { return std::exchange(settled_, {}); }
    void forget(const Queue& queue) { std::erase(settled_, &queue); }

    /// The segment that is being emptied, and what is still to be written anew of it.
    struct Cleaning {
        std::uint32_t segment = 0;
        std::vector<std::pair<QueueId, Backlog::Entry>> to_read;  ///< on the disk only
        bool reading = false;          ///< some of them were asked for and are not yet here
        bool topology_kept = false;    ///< what is declared was written anew
        std::uint64_t written_in = 0;  ///< the batch with the last that was written anew
    };
    std::optional<Cleaning> cleaning;

  private:
    std::vector<Queue*> settled_;
};

}  // namespace zex::core
