// MessagePack bytes -> Document, in one pass. Texts are views into the bytes given, and containers
// know where their bytes end if these are canonical, so that they can be copied as they came.
#pragma once

#include <optional>
#include <string_view>

#include <zex/error.hpp>

#include "common/wire/document.h"

namespace zex::wire {

/// One MessagePack value and nothing behind it. Gives `malformed` with the byte offset. Nothing is
/// allocated by a declared length.
std::optional<Error> parse_msgpack(std::string_view bytes, const DecodeLimits& limits,
                                   Document& document);

}  // namespace zex::wire
