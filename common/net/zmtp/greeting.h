// The first 64 bytes of a ZMTP connection, after rfc.zeromq.org/spec/37: a signature, a version,
// the name of a security mechanism. Pure.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/zmtp/refusal.h"

namespace zex::net::zmtp {

inline constexpr std::size_t greeting_size = 64;

/// The greeting of a peer that speaks 3.1. `mechanism` has at most 20 characters.
std::string greeting(std::string_view mechanism);

/// Why these bytes, the first of a connection, cannot become a greeting of version 3 or later with
/// this mechanism. Nothing while they may. Bytes behind the greeting are not looked at.
std::optional<Refusal> greeting_fault(std::string_view bytes, std::string_view mechanism);

}  // namespace zex::net::zmtp
