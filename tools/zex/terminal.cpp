#include "tools/zex/terminal.h"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace zex::tool {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

}  // namespace

bool is_terminal(int fd) {
    return ::isatty(fd) == 1;
}

bool wants_colour(int fd) {
    return is_terminal(fd) && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

std::size_t terminal_columns() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
    return size.ws_col;
}

}  // namespace zex::tool
