// Durations as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <zex/result.hpp>

namespace zex::tool {

/// A number with an optional unit: ms, s, m or h; without one, seconds. At most 1000 hours.
/// Rounded to milliseconds. Gives `bad_argument`.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "0", "15ms", "1.2s", "3m20s", "2h05m", "4d03h".
std::string human_duration(std::uint64_t milliseconds);

/// "0", "0.4", "12.5", "1350": one decimal below a hundred.
std::string human_rate(double per_second);

/// "0 B", "1.5 KiB", "4.0 GiB".
std::string human_bytes(std::uint64_t bytes);

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace zex::tool
