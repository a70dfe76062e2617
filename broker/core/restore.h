// What a broker begins with: all that its log holds.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "broker/core/backlog.h"
#include "broker/core/segments.h"
#include "broker/facts/topology_change.h"

namespace zex::core {

struct RestoredQueue {
    facts::QueueDeclared declared;  ///< with the next sequence and the offered one as they are now
    std::vector<Backlog::Entry> messages;  ///< in the order of their sequences
    std::uint64_t bytes = 0;               ///< of these, estimated
};

struct Restored {
    std::vector<facts::ExchangeDeclared> exchanges;
    std::vector<RestoredQueue> queues;
    std::vector<facts::Bound> bindings;
    std::map<std::uint32_t, Segments::Segment> segments;
    std::uint64_t last_queue = 0;  ///< no greater number was ever a durable queue's
};

struct Turn;

/// Requires that nothing durable is there yet. Exchanges of a kind that is not known stay away.
void restore(Turn& turn, const Restored& restored);

}  // namespace zex::core
