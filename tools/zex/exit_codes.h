// What the tool's exit code says, after sysexits(3), and the one line on stderr that goes with it.
#pragma once

#include <string_view>

#include <zex/error.hpp>

namespace zex::tool {

enum class Exit : int {
    ok = 0,
    usage = 64,         ///< the command line
    data = 65,          ///< refused, unroutable, no such exchange or queue
    no_input = 66,      ///< a file that cannot be read
    unavailable = 69,   ///< no broker
    io_error = 74,      ///< the output cannot be written, or a disk failed
    try_again = 75,     ///< time ran out, or the broker cannot now
    protocol = 76,      ///< the other end speaks no protocol that this tool knows
    not_permitted = 77  ///< not permitted, or exclusive to another session
};

Exit exit_code(ErrorCode code);

/// Prints `zex: WHAT: REASON [NAME NUMBER]`, always one line, and gives the exit code.
Exit fail(std::string_view what, const Error& error);

/// Prints `zex: WHAT: REASON` and gives `exit` back.
Exit fail(std::string_view what, std::string_view reason, Exit exit);

}  // namespace zex::tool
