// The runs of one loop turn for one connection: confirms that continue each other become one, and
// so do deliveries to one consumer, until the turn ends or something else is to be said. Pure.
//
// Thread: the broker thread.
// Invariants: within one consumer, and among confirms, the order is kept. A confirm may overtake a
// delivery, as nothing that a client can see ties the two together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/effect.h"
#include "broker/shell/run_index.h"

namespace zex::shell {

/// Messages for one consumer under the tags first_tag, first_tag+1, …
struct DeliverRun {
    std::string name;
    std::uint64_t first_tag = 0;
    std::uint64_t bytes = 0;
    bool batch = false;
    bool data = false;
    std::vector<core::Message> messages;
};

class Merge {
  public:
    /// Joins the confirm to the one that is open. Gives the open one back, complete, where this
    /// one does not continue it.
    std::optional<core::Confirm> add(const core::Confirm& confirm);

    /// Joins `messages[deliver.begin, deliver.end)`, moved from there, to the consumer's run.
    /// Gives a run back that is complete: because this one does not continue it, or because it
    /// holds `most_bytes` or more.
    std::optional<DeliverRun> add(const core::Deliver& deliver,
                                  std::vector<core::Message>& messages, std::uint64_t most_bytes);

    bool empty() const { return !confirm_ && runs_.empty(); }
    std::optional<core::Confirm> take_confirm() { return std::exchange(confirm_, std::nullopt); }
    std::vector<DeliverRun> take_runs();  ///< some may be empty

  private:
    DeliverRun& run_of(const core::Deliver& deliver);

    std::optional<core::Confirm> confirm_;
    std::vector<DeliverRun> runs_;  ///< one for each consumer
    RunIndex index_;                ///< where in runs_ a consumer's is
};

}  // namespace zex::shell
