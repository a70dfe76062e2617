// Deliveries are settled: ack, requeue, reject; one, many, or all up to a tag.
#pragma once

#include "broker/core/state.h"

namespace zex::core {

/// Answers with `changed`, the deliveries settled, where the request has an id; with
/// no_such_delivery where a tag was never given or is settled already. Tags from before the
/// session's present epoch are counted and passed over: those deliveries went back by themselves.
void settle(Turn& turn, const Asker& asker, const wire::Settle& verb);

/// Puts back everything that the session holds, as if requeued, and hands it to others.
void requeue_all(Turn& turn, Session& session);

}  // namespace zex::core
