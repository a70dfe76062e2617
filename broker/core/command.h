// What can happen to the core. The shell turns frames, losses and time into these.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <zex/error.hpp>

#include "broker/core/restore.h"
#include "broker/facts/stored_message.h"
#include "common/base/ids.h"
#include "common/wire/protocol.h"

namespace zex::core {

/// A decoded, permitted operation. Everything it points to must live through apply().
/// Not for list, status, explain and peek: broker/admin answers those from a const Core.
struct PeerRequest {
    ConnectionId from;
    wire::Form form = wire::Form::json;  ///< of the envelope; kept from hello for listings
    std::string_view peer;               ///< listener and address, for listings
    const wire::Request* request = nullptr;
};

/// The connection is gone, or counts as gone: its session is suspended.
struct PeerLost {
    ConnectionId connection;
};

/// Nothing more fits into the pipe to the peer: no deliveries until PeerReady.
struct PeerBlocked {
    ConnectionId connection;
};
struct PeerReady {
    ConnectionId connection;
};

/// Deadlines may have passed (see Core::next_deadline).
struct Tick {};

/// The broker is about to stop: every connected session is told goodbye; nothing is accepted after.
struct ShutDown {};

/// The log's facts, before anything else is applied.
struct Restore {
    const Restored* restored = nullptr;
};

/// Facts up to this number are stored as promised.
struct Committed {
    std::uint64_t facts = 0;
    std::uint64_t bytes = 0;  ///< of all of them
};

/// What became of one message that a Load asked for.
struct LoadedMessage {
    std::uint64_t sequence = 0;
    std::optional<facts::StoredMessage> message;  ///< nothing: its record is damaged
};

/// The answer to a Load: the first of the messages that it asked for, perhaps not all.
struct Loaded {
    QueueId queue;
    std::vector<LoadedMessage> messages;
};

/// The records of these messages were found damaged while the log was compacted. What is in memory
/// is written again, the rest is lost.
struct RecordsDamaged {
    QueueId queue;
    std::vector<std::uint64_t> sequences;  ///< rising
};

/// The record of something declared was found damaged: all that is declared is written again.
struct TopologyDamaged {};

/// Durable messages are taken from now on, or refused for this reason.
struct StorageState {
    std::optional<Error> refuses;
};

/// Nothing that is not committed ever will be. The shell ends the broker after this.
struct StorageFailed {
    Error error;
};

using Command =
    std::variant<PeerRequest, PeerLost, PeerBlocked, PeerReady, Tick, ShutDown, Restore, Committed,
                 Loaded, RecordsDamaged, TopologyDamaged, StorageState, StorageFailed>;

}  // namespace zex::core
