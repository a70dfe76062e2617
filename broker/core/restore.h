// What a broker begins with: all that its log holds.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/facts/record.h"
#include "broker/facts/topology_change.h"

namespace zex::core {

struct RestoredQueue {
    facts::QueueDeclared declared;  ///< with the next sequence and the offered one as they are now
    std::vector<facts::SequenceRange> messages;  ///< rising
    std::uint64_t bytes = 0;                     ///< of these, estimated
};

struct Restored {
    std::vector<facts::ExchangeDeclared> exchanges;
    std::vector<RestoredQueue> queues;
    std::vector<facts::Bound> bindings;
    std::uint64_t last_queue = 0;  ///< no greater number was ever a durable queue's
};

struct Turn;

/// Requires that nothing durable is there yet. An exchange of a kind that this program does not
/// know takes no messages, and is kept.
void restore(Turn& turn, const Restored& restored);

}  // namespace zex::core
