// Every bound of the core, and what happens there. Defaults come from broker/settings; these are
// what a Core without settings (in tests) gets.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace zex::core {

struct Limits {
    std::uint64_t sessions = 10'000;         ///< beyond: hello answered with limit_reached
    std::uint64_t exchanges = 10'000;        ///< beyond: declare answered with limit_reached
    std::uint64_t queues = 100'000;          ///< beyond: declare answered with limit_reached
    std::uint64_t bindings = 1'000'000;      ///< beyond: bind answered with limit_reached
    std::uint64_t session_consumers = 1000;  ///< beyond: consume answered with limit_reached

    std::uint64_t queue_messages = 10'000'000;   ///< default of max_messages: refuse queue_full
    std::uint64_t queue_bytes = 1'073'741'824;   ///< default of max_bytes: refuse queue_full
    std::uint64_t memory_bytes = 4'294'967'296;  ///< all queues together: refuse memory_full
    std::uint64_t durable_queue_messages = 1'000'000'000;   ///< the same of a durable queue
    std::uint64_t durable_queue_bytes = 1'099'511'627'776;  ///< likewise
    std::uint64_t durable_memory_bytes = 134'217'728;       ///< beyond: bodies are on the disk only
    std::uint64_t message_bytes = 1'048'576;  ///< told in welcome, kept by the decoder
    std::uint64_t batch_messages = 65'536;    ///< told in welcome, kept by the decoder
    std::uint64_t batch_bytes = 8'388'608;    ///< body of one publish; told in welcome

    std::uint64_t credit = 100;              ///< default of consume, messages
    std::uint64_t credit_bytes = 8'388'608;  ///< default of consume, bytes
    std::uint64_t credit_max = 1'000'000;    ///< a larger one is bad_field

    std::uint64_t heartbeat_ms = 5000;            ///< for a hello that names none
    std::uint64_t heartbeat_min_ms = 100;         ///< shorter ones are raised to this
    std::uint64_t heartbeat_max_ms = 600'000;     ///< longer ones are cut to this
    std::uint64_t heartbeat_timeout_ms = 15'000;  ///< at the default heartbeat; scales with it
    std::uint64_t grace_ms = 30'000;              ///< for a hello that names none
    std::uint64_t grace_max_ms = 3'600'000;       ///< longer ones are cut to this
};

/// What a queued message costs beside its bytes, for the memory bound.
inline constexpr std::uint64_t message_overhead_bytes = 64;

/// Most that one consumer is handed between two Ticks, whatever its credit: the shell must have the
/// chance to say that the pipe is full before a whole backlog is on its way into it.
inline constexpr std::uint64_t burst_messages = 65'536;
inline constexpr std::uint64_t burst_bytes = 8'388'608;

}  // namespace zex::core
