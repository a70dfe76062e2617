// What a broker says of itself in `welcome` is input like any other: each number has a range.
#pragma once

#include <cstdint>
#include <optional>

#include "common/wire/protocol.h"

namespace zex {

/// `bad_reply` naming the field whose value cannot be. `unsupported_version` and `bad_argument`,
/// for messages larger than this side takes, where trying again would not help.
std::optional<Error> what_is_odd(const wire::Welcome& welcome, std::uint64_t message_bytes_max);

}  // namespace zex
