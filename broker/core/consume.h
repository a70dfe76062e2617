// Consumers come and go: consume, cancel, credit, get; and what becomes of them when their
// connection or their queue goes.
#pragma once

#include "broker/core/state.h"

namespace zex::core {

void consume(Turn& turn, const Asker& asker, const wire::Consume& verb);
void cancel(Turn& turn, const Asker& asker, const wire::Cancel& verb);
void change_credit(Turn& turn, const Asker& asker, const wire::Credit& verb);
void get(Turn& turn, const Asker& asker, const wire::Get& verb);

/// The session is connected again, or its pipe has room: its consumers line up.
void resume_consumers(Turn& turn, Session& session);

/// The queue goes, and has let go of its consumers: this one loses its deliveries and is told, now
/// or when its session is resumed.
void cancel_with_queue(Turn& turn, Consumer& consumer, Queue& queue);

/// Takes the consumer from its queue (which may be the end of an auto-delete queue) and from its
/// session. Requires that it holds no deliveries.
void remove_consumer(Turn& turn, Consumer& consumer);

}  // namespace zex::core
