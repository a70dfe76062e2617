#include "tools/zex/duration.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace zex::tool {
namespace {

using namespace std::string_view_literals;

constexpr double most_milliseconds = 1000.0 * 3600 * 1000;

template <class... Args>
std::string format(const char* how, Args... args) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), how, args...);
    return text.data();
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    constexpr std::array units = {std::pair{""sv, 1000.0}, std::pair{"s"sv, 1000.0},
                                  std::pair{"ms"sv, 1.0}, std::pair{"m"sv, 60'000.0},
                                  std::pair{"h"sv, 3'600'000.0}};
    const auto bad = [&](const char* why) {
        return error(ErrorCode::bad_argument, "'" + std::string(text) + "' " + why);
    };
    double number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || !std::isfinite(number)) {
        return bad("is not a duration; write for instance 1.5, 500ms or 2m");
    }
    if (number < 0) return bad("is a negative duration");
    const std::string_view unit(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
    for (const auto& [name, factor] : units) {
        if (unit != name) continue;
        if (number * factor > most_milliseconds) return bad("is longer than 1000 hours");
        return std::chrono::milliseconds(std::llround(number * factor));
    }
    return bad("has an unknown unit; use ms, s, m or h");
}

std::string human_duration(std::uint64_t ms) {
    const unsigned long long seconds = ms / 1000;
    if (ms == 0) return "0";
    if (ms < 1000) return format("%llums", static_cast<unsigned long long>(ms));
    if (seconds < 60) return format("%llu.%llus", seconds, (ms % 1000) / 100ULL);
    if (seconds < 3600) return format("%llum%02llus", seconds / 60, seconds % 60);
    if (seconds < 86400) return format("%lluh%02llum", seconds / 3600, seconds / 60 % 60);
    return format("%llud%02lluh", seconds / 86400, seconds / 3600 % 24);
}

std::string human_rate(double rate) {
    if (rate < 0.05) return "0";
    return rate < 99.95 ? format("%.1f", rate) : format("%.0f", rate);
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto size = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
    return format(unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, ",");
    }
    return text;
}

}  // namespace zex::tool
