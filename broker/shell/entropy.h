// The system's unpredictable numbers, for tokens that nobody may guess.
#pragma once

#include <cstdint>

namespace zex::shell {

std::uint64_t system_entropy();

}  // namespace zex::shell
