// Ready messages meet consumers with credit.
#pragma once

#include "broker/core/state.h"

namespace zex::core {

/// Hands out ready messages for as long as a consumer can take one, in turn, in runs short enough
/// that a backlog is shared evenly. A consumer that has had a burst goes on with the next Tick.
void dispatch(Turn& turn, Queue& queue);

/// Goes on with queues where a consumer had its burst.
void dispatch_unfinished(Turn& turn);

/// One message out of turn, in answer to `get`. Requires that one is ready.
void deliver_taken(Turn& turn, const Asker& asker, Queue& queue, const wire::Get& verb);

}  // namespace zex::core
