// The broker's rules. Commands in, effects out: no socket, file, clock, thread, log or wire format
// below this line. Core only dispatches; the verbs decide, over the nouns.
//
// Thread: one, whichever calls apply(). Time and randomness are handed in.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/core/command.h"
#include "broker/core/effect.h"
#include "broker/core/limits.h"
#include "broker/core/state.h"
#include "common/base/time.h"

namespace zex::core {

class Core {
  public:
    Core(const Limits& limits, Entropy entropy);

    /// Appends to `out` what the command brings about. Never fails: a request that cannot be done
    /// is answered with an error. `now.steady` must not go back.
    void apply(const Command& command, Now now, Effects& out);

    /// When apply(Tick) next has something to do, which may be at once; nothing when only commands
    /// can bring change.
    std::optional<Instant> next_deadline() const;

    // For looking (broker/admin), never for changing:
    const Topology& topology() const { return state_.topology; }
    const Sessions& sessions() const { return state_.sessions; }
    const Counters& counters() const { return state_.counters; }
    const Storage& storage() const { return state_.storage; }
    bool is_shutting_down() const { return state_.shutting_down; }
    const Limits& limits() const { return state_.limits; }

  private:
    State state_;
};

}  // namespace zex::core
