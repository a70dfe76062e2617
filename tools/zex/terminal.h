// What stands at the other end of stdout and stderr.
#pragma once

#include <cstddef>

namespace zex::tool {

bool is_terminal(int fd);

/// On a terminal, unless NO_COLOR is set or TERM is dumb.
bool wants_colour(int fd);

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t lines = 24;
};

/// Of the terminal at `fd`; what it does not say is as above.
TerminalSize terminal_size(int fd);

/// Of the terminal at stderr; 80 where it does not say.
std::size_t terminal_columns();

}  // namespace zex::tool
