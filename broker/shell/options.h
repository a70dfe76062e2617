// What the shell needs to know to run, apart from the core's own limits. Each bound says what
// happens there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/core/limits.h"
#include "common/base/time.h"

namespace zex::shell {

struct Options {
    std::vector<std::string> endpoints;
    core::Limits core;

    std::string data_dir;                      ///< empty: there are no durable queues
    std::uint64_t segment_bytes = 64 << 20;    ///< of the log; a larger message has its own
    std::uint64_t free_bytes_min = 256 << 20;  ///< on its disk; below: durable ones are refused

    std::uint64_t connections = 1000;  ///< open ones; beyond: hello answered with limit_reached
    Duration hello_timeout = std::chrono::seconds(5);  ///< a connection silent for longer is cut

    bool libzmq = false;                       ///< tcp and ipc by libzmq, as inproc always is
    std::uint64_t unread_bytes = 64 << 20;     ///< of one unfinished message; beyond: cut
    std::uint64_t answer_bytes = 8 << 20;      ///< waiting for one peer to read; beyond: given up
    std::uint64_t output_bytes = 1 << 20;      ///< to one peer; beyond: deliveries stop
    std::uint64_t output_bytes_all = 1 << 28;  ///< unread by all peers; beyond: the one with the
                                               ///< most is given up
    std::uint64_t address_connections = 100;   ///< from one address, not loopback; beyond: closed
    std::uint64_t address_rate = 20;           ///< likewise, in a second
    bool abstract_ipc = false;                 ///< allow ipc://@NAME
    std::uint64_t frame_bytes = 256 << 10;     ///< body of a batch of deliveries; then the next one
    std::uint64_t receive_queue = 64;          ///< libzmq: messages read ahead; then held up
    std::uint64_t send_queue = 256;  ///< libzmq: messages to one peer; then deliveries stop
    std::uint64_t backlog = 1024;    ///< connections not yet accepted; then refused

    Duration busy_poll{0};  ///< looks for input for so long before it sleeps

    /// Called once, on the broker thread, when every operation is served: the log has been read.
    std::function<void()> on_ready = {};
};

/// Messages that are received in one turn from one transport.
inline constexpr int turn_messages = 256;

}  // namespace zex::shell
