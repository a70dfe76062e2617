// The verbs of durable queues: what is written to the log, what waits for it, and what happens
// when it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "broker/core/command.h"
#include "broker/core/content.h"
#include "broker/core/queue.h"
#include "broker/core/state.h"
#include "broker/facts/topology_change.h"

namespace zex::core {

/// Why nothing durable can be declared or published now; nothing where it can.
std::optional<Error> why_not_durable(const Turn& turn);

/// Writes a message to the log and takes it into the durable queue. It is delivered, and may be
/// confirmed, when its record is stored.
void store(Turn& turn, Queue& queue, const HeadingRef& heading, const Arrival& arrival);

/// Writes changes of what is declared; they are kept together or not at all.
void record(Turn& turn, std::span<const facts::TopologyChange> changes);

/// Why nothing can be written now that makes room, as a purge does; nothing where it can. The disk
/// is so full that not even that goes through.
std::optional<Error> why_not_removed(const Turn& turn);

/// Answers when the changes recorded so far are stored; at once where they are.
void succeed_when_stored(Turn& turn, const Asker& asker, wire::Ok ok);

/// Answers when what the request settled is stored; at once where that was nothing durable.
void succeed_when_settled(Turn& turn, const Asker& asker, wire::Ok ok);

/// Writes down what was settled by this command.
void record_settled(Turn& turn);

/// Has the head of a durable queue at hand before it is asked for: read from the disk, and written
/// down as perhaps delivered.
void prefetch(Turn& turn, Queue& queue);

/// Writes down of each durable queue which messages nobody has seen, so that these come back
/// without a flag. The last that is written.
void record_progress(Turn& turn);

/// A message of the backlog could not be read: it leaves the queue, counted and told.
void report_lost(Turn& turn, Queue& queue, std::uint64_t sequence);

/// What a queue's declaration looks like in the log.
facts::QueueDeclared fact_of(const Queue& queue);

// What the store tells:
void batch_committed(Turn& turn, const Committed& command);
void messages_loaded(Turn& turn, const Loaded& command);
void records_damaged(Turn& turn, const RecordsDamaged& command);
void topology_damaged(Turn& turn);
void storage_changed(Turn& turn, const StorageState& command);
void storage_failed(Turn& turn, const StorageFailed& command);

}  // namespace zex::core
