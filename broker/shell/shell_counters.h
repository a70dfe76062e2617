// The numbers that the shell keeps, as one table; `status` shows them beside the core's and those
// of the transports. They only ever rise.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace zex::shell {

// X(name)
#define ZEX_SHELL_COUNTERS(X)                                                                \
    X(connections_lost)          /* noticed as gone while known by a message */              \
    X(connections_no_hello)      /* messages, but no hello in time */                        \
    X(connections_refused)       /* hello beyond the limit of connections */                 \
    X(peers_silent)              /* heard nothing for longer than the time-out */            \
    X(peers_overfull)            /* given up for not reading their answers */                \
    X(requests_dropped_starting) /* held while the log was read, of a peer that left */      \
    X(store_calls_failed)        /* of the disk, told at most every 5 seconds; made again */ \
    X(records_damaged)           /* of the log: found at the start or on reading */          \
    X(messages_lost)             /* stored, and found damaged at the start */

struct ShellCounters {
#define X(name) std::uint64_t name = 0;
    ZEX_SHELL_COUNTERS(X)
#undef X
};

struct ShellCounterRow {
    std::string_view name;
    std::uint64_t ShellCounters::*value;
};

inline constexpr auto shell_counter_table = std::to_array<ShellCounterRow>({
#define X(name) {#name, &ShellCounters::name},
    ZEX_SHELL_COUNTERS(X)
#undef X
});
#undef ZEX_SHELL_COUNTERS

}  // namespace zex::shell
