// Declare and delete exchanges and queues, bind and unbind.
#pragma once

#include "broker/core/state.h"

namespace zex::core {

void declare(Turn& turn, const Asker& asker, const wire::DeclareExchange& verb);
void remove(Turn& turn, const Asker& asker, const wire::DeleteExchange& verb);
void declare(Turn& turn, const Asker& asker, const wire::DeclareQueue& verb);
void remove(Turn& turn, const Asker& asker, const wire::DeleteQueue& verb);
void bind(Turn& turn, const Asker& asker, const wire::Bind& verb);
void unbind(Turn& turn, const Asker& asker, const wire::Unbind& verb);

/// Why a queue goes; the reason under which its messages are counted.
enum class QueueEnd { deleted, session_ended, auto_deleted };

/// Cancels the queue's consumers, tells them, counts the messages and deletes it.
void delete_queue(Turn& turn, Queue& queue, QueueEnd why);

}  // namespace zex::core
