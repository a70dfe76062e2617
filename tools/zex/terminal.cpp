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

TerminalSize terminal_size(int fd) {
    TerminalSize size;
    winsize told{};
    if (::ioctl(fd, TIOCGWINSZ, &told) != 0) return size;
    if (told.ws_col >= 20) size.columns = told.ws_col;
    if (told.ws_row >= 5) size.lines = told.ws_row;
    return size;
}

std::size_t terminal_columns() {
    return terminal_size(STDERR_FILENO).columns;
}

}  // namespace zex::tool
