// The numbers that a transport keeps, as one table. They only ever rise.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace zex::net {

// X(name)
#define ZEX_TRANSPORT_COUNTERS(X)                                                         \
    X(connections_accepted)            /* on tcp and ipc */                               \
    X(connections_closed_before_hello) /* gone without one message */                     \
    X(handshakes_failed)               /* no ZMTP, a wrong socket type, or not in time */ \
    X(accepts_failed)                  /* for instance for want of file descriptors */    \
    X(connections_cut_flooding)        /* a message beyond the bound, or without end */   \
    X(connections_cut_malformed)       /* what came is no frame or command of ZMTP */     \
    X(connections_cut_idle)            /* no message in time */                           \
    X(connections_over_limit)          /* accepted beyond what may be held */             \
    X(connections_over_address_limit)  /* from one address, at one time or in a second */ \
    X(connection_events_dropped)       /* by the monitor of libzmq's sockets */

struct TransportCounters {
#define X(name) std::uint64_t name = 0;
    ZEX_TRANSPORT_COUNTERS(X)
#undef X
};

struct TransportCounterRow {
    std::string_view name;
    std::uint64_t TransportCounters::*value;
};

inline constexpr auto transport_counter_table = std::to_array<TransportCounterRow>({
#define X(name) {#name, &TransportCounters::name},
    ZEX_TRANSPORT_COUNTERS(X)
#undef X
});
#undef ZEX_TRANSPORT_COUNTERS

}  // namespace zex::net
