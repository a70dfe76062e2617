// Where a message with this exchange and key would go, and why not elsewhere.
#pragma once

#include "broker/core/core.h"
#include "common/wire/protocol.h"

namespace zex::admin {

/// Rows of ExplainView: first the queues that would take the message, then those that are bound
/// to the exchange under other keys (at most 100), each with the reason. no_such_exchange where
/// there is none.
wire::Answer explain(const core::Core& core, const wire::Explain& verb);

}  // namespace zex::admin
