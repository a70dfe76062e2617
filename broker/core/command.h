// What can happen to the core. The shell turns frames, losses and time into these.
#pragma once

#include <string_view>
#include <variant>

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

using Command = std::variant<PeerRequest, PeerLost, PeerBlocked, PeerReady, Tick, ShutDown>;

}  // namespace zex::core
