// How much memory a broker that was told no limit may use for messages.
#pragma once

#include <cstdint>
#include <string>

namespace zex {

/// `configured`, or where that is 0, 40 % of what the machine or the process's control group
/// (version 1 or 2, the smallest on the way up) has, whichever is less; 1 GiB where neither can be
/// read. `root` stands before the paths below /proc and /sys: for tests.
std::uint64_t resolve_memory_limit(std::uint64_t configured, const std::string& root = "");

}  // namespace zex
