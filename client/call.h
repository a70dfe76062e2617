// A request on its way: what is asked, until when, and whom to tell.
#pragma once

#include <functional>
#include <string_view>
#include <variant>

#include <zex/result.hpp>

#include "common/base/time.h"
#include "common/wire/protocol.h"

namespace zex {

/// The answer, good during the call only; or an Error, the broker's or the client's own.
using Answered = std::function<void(Result<const wire::Answer*>)>;

struct Call {
    wire::Operation operation;
    Instant deadline;
    Duration timeout{0};  ///< what the deadline was made from, for sentences
    Answered answered;    ///< called once, on the socket thread
};

/// "declare_queue", as on the wire.
std::string_view operation_name(const wire::Operation& operation);

Error never_sent(Duration timeout, std::string_view what);
Error not_answered(Duration timeout, std::string_view what);

}  // namespace zex
