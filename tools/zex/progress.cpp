#include "tools/zex/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tools/zex/duration.h"
#include "tools/zex/terminal.h"

namespace zex::tool {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_draw{500};
constexpr milliseconds between_draws{100};
constexpr unsigned calls_per_clock = 64;

std::uint64_t whole(double number) {
    return number < 1e18 ? static_cast<std::uint64_t>(std::llround(number)) : 0;
}

}  // namespace

std::string progress_line(std::uint64_t messages, std::uint64_t done, std::uint64_t total,
                          std::chrono::duration<double> elapsed, std::size_t columns) {
    const double seconds = std::max(elapsed.count(), 1e-9);
    std::string text = grouped(messages) + " messages  " +
                       grouped(whole(static_cast<double>(messages) / seconds)) + "/s";
    if (total == 0) return text;
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    if (part > 0) {
        text += "  " + human_duration(whole(seconds * (1 - part) / part * 1000)) + " left";
    }
    text = std::to_string(whole(std::floor(part * 100))) + "%  " + text;
    constexpr std::size_t most_bar = 30;
    if (columns < text.size() + 10) return text;
    const std::size_t bar = std::min(most_bar, columns - text.size() - 5);
    const auto full = static_cast<std::size_t>(part * static_cast<double>(bar));
    return "[" + std::string(full, '#') + std::string(bar - full, '.') + "] " + text;
}

Progress::Progress(bool shown, std::uint64_t total)
    : shown_(shown), total_(total), next_(start_ + first_draw) {}

Progress::~Progress() {
    if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::update(std::uint64_t messages, std::uint64_t done) {
    if (!shown_ || ++calls_ % calls_per_clock != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + between_draws;
    drawn_ = true;
    const std::string line =
        progress_line(messages, done, total_, now - start_, terminal_columns() - 1);
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
}

}  // namespace zex::tool
