// Looking: answers list, peek, status and explain from a const Core, as rows. Never in the
// message path, never changes anything.
//
// Thread: the broker thread, between two commands.
#pragma once

#include <vector>

#include "broker/core/core.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/wire/protocol.h"
#include "common/wire/views.h"

namespace zex::admin {

/// What the shell knows and the core does not.
struct Extra {
    std::vector<wire::CounterView> counters;  ///< of the shell: bad input by name, connections, …
    Instant started;
    bool starting = false;  ///< the log is still being read
};

/// Whether this operation is one for answer().
bool is_look(const wire::Operation& operation);

/// Ok with rows, or ErrorReply. `asker` is the connection; it must have a session. Requires
/// is_look(operation).
wire::Answer answer(const core::Core& core, ConnectionId asker, const wire::Operation& operation,
                    Instant now, const Extra& extra);

}  // namespace zex::admin
