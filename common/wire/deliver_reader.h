// The client's side of deliveries: a deliver or return envelope and its body -> Deliver, Return.
#pragma once

#include <optional>
#include <string_view>

#include <zex/result.hpp>

#include "common/wire/document.h"
#include "common/wire/message_fields.h"
#include "common/wire/protocol.h"

namespace zex::wire {

/// Views in the results point into the document's frame, `body` and `buffers`.
Result<Deliver> read_deliver(const Node& envelope, std::optional<std::string_view> body,
                             const DecodeLimits& limits, MessageBuffers& buffers);
Result<Return> read_return(const Node& envelope, std::optional<std::string_view> body,
                           const DecodeLimits& limits, MessageBuffers& buffers);

}  // namespace zex::wire
