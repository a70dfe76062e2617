// A publish envelope and its body -> Publish, in single, batch and data form.
#pragma once

#include <optional>
#include <string_view>

#include <zex/result.hpp>

#include "common/wire/document.h"
#include "common/wire/message_fields.h"
#include "common/wire/protocol.h"

namespace zex::wire {

/// Views in the result point into the document's frame, `body` and `buffers`.
Result<Publish> read_publish(const Node& envelope, std::optional<std::string_view> body,
                             const DecodeLimits& limits, MessageBuffers& buffers);

}  // namespace zex::wire
