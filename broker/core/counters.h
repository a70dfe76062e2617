// The numbers that the broker keeps of itself, as one table. They only ever rise. A message that
// leaves in another way than by an ack is in one of the dropped_* counters, by reason.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace zex::core {

// X(name)
#define ZEX_COUNTERS(X)                                                                  \
    X(published)             /* messages that arrived in publish operations */           \
    X(confirmed)             /* messages whose confirm was emitted */                    \
    X(routed)                /* messages that at least one queue took */                 \
    X(refused)               /* messages refused: the sum of the refused_* below */      \
    X(refused_no_exchange)   /* no exchange has the name */                              \
    X(refused_queue_full)    /* one of their queues is at its bound */                   \
    X(refused_memory_full)   /* the broker is at limits.memory_bytes_max */              \
    X(refused_storage)       /* the disk is full, or failed */                           \
    X(returned)              /* mandatory messages returned as unroutable */             \
    X(enqueued)              /* copies of messages taken by queues */                    \
    X(delivered)             /* deliveries emitted, redeliveries among them */           \
    X(redelivered)           /* deliveries after the first of a message */               \
    X(acked)                 /* deliveries settled by ack */                             \
    X(auto_acked)            /* deliveries in no-ack mode: settled by being sent */      \
    X(requeued)              /* deliveries that went back to their queue */              \
    X(dropped_unroutable)    /* published, not mandatory, no queue bound */              \
    X(dropped_rejected)      /* settled by reject */                                     \
    X(dropped_damaged)       /* stored, and the record is no longer as it was written */ \
    X(dropped_overflow)      /* left a full queue that drops its oldest */               \
    X(dropped_purged)        /* removed by purge */                                      \
    X(dropped_queue_deleted) /* in a queue, or unacked from one, that was deleted */     \
    X(dropped_session_ended) /* in a temporary queue whose session ended */              \
    X(dropped_auto_deleted)  /* in an auto-delete queue whose last consumer left */      \
    X(stale_settles)         /* tags settled from before the session's present epoch */  \
    X(errors_answered)       /* requests answered with an error */                       \
    X(sessions_opened)       /* sessions made */                                         \
    X(sessions_resumed)      /* sessions resumed by token */                             \
    X(sessions_suspended)    /* connections lost under a session */                      \
    X(sessions_ended)        /* sessions closed or expired */

struct Counters {
#define X(name) std::uint64_t name = 0;
    ZEX_COUNTERS(X)
#undef X
};

struct CounterRow {
    std::string_view name;
    std::uint64_t Counters::*value;
};

inline constexpr auto counter_table = std::to_array<CounterRow>({
#define X(name) {#name, &Counters::name},
    ZEX_COUNTERS(X)
#undef X
});
#undef ZEX_COUNTERS

}  // namespace zex::core
