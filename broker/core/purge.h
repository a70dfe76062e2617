// Dropping what is ready in a queue, at a client's request.
#pragma once

#include "broker/core/queue.h"
#include "broker/core/state.h"
#include "common/wire/protocol.h"

namespace zex::core {

void purge(Turn& turn, const Asker& asker, const wire::Purge& verb);
/// The same, when its turn has come behind `get`s that wait for the disk.
void purge_now(Turn& turn, const Asker& asker, Queue& queue);

}  // namespace zex::core
