// MessagePack bytes -> Document, on msgpack-cxx's visitor. Texts are views into the bytes given.
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
