// What the core knows, and one turn of its work: the state, the time, and where effects go. The
// verbs (session_verbs, topology_verbs, publish, consume, settle) are functions over a Turn.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/counters.h"
#include "broker/core/effect.h"
#include "broker/core/headings.h"
#include "broker/core/limits.h"
#include "broker/core/sessions.h"
#include "broker/core/storage.h"
#include "broker/core/topology.h"
#include "common/base/time.h"

namespace zex::core {

/// Unpredictable 64-bit numbers, for tokens and names of temporary queues.
using Entropy = std::function<std::uint64_t()>;

struct State {
    State(const Limits& limits_, Entropy entropy_)
        : limits(limits_), entropy(std::move(entropy_)) {}

    Limits limits;
    Entropy entropy;
    Counters counters;
    Storage storage;  // outlives the queues
    Topology topology{storage};
    Sessions sessions;
    Headings headings;
    std::vector<QueueId> unfinished;  ///< queues with a consumer that waits for the next Tick
    std::uint64_t last_consumer_id = 0;
    bool shutting_down = false;

    /// 32 hex digits that nobody can guess.
    std::string random_hex();
};

struct Turn {
    State& state;
    Instant now;
    std::uint64_t wall_ms = 0;  ///< since 1970 (UTC), for what is stored
    Effects& out;
};

/// Who asked, and under which id the answer goes back.
struct Asker {
    Session& session;
    ConnectionId connection;
    std::optional<std::uint64_t> id;
};

/// The answer to a request that did what was asked.
void succeed(Turn& turn, const Asker& asker, wire::Ok ok = {});

/// The answer to one that could not.
void fail(Turn& turn, const Asker& asker, Error error);

/// The queue of this name, if there is one and this session may use it; else answers with
/// no_such_queue or queue_is_exclusive and gives null.
Queue* usable_queue(Turn& turn, const Asker& asker, const std::string& name);

}  // namespace zex::core
