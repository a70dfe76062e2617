// A session's wish to be sent the messages of one queue, and its credit: how many of them, in
// messages and bytes, may wait unsettled.
#pragma once

#include <cstdint>
#include <string>

#include "broker/core/turn.h"
#include "broker/core/unsettled.h"
#include "common/base/ids.h"

namespace zex::core {

class Queue;
struct Session;

struct ConsumerOptions {
    std::uint64_t credit = 0;        ///< messages
    std::uint64_t credit_bytes = 0;  ///< may be overshot by one message
    bool no_ack = false;
    bool data = false;
};

class Consumer {
  public:
    Consumer(ConsumerId id_, std::string name_, Session& session_, Queue& queue_,
             const ConsumerOptions& options_);

    const ConsumerId id;
    const std::string name;
    Session& session;
    Queue* queue;  ///< null once cancelled: it only waits for its deliveries to be settled
    ConsumerOptions options;

    UnsettledDeliveries unsettled;
    std::uint64_t delivered = 0;
    std::uint64_t acked = 0;
    std::uint64_t burst_sent = 0;        ///< messages since the last Tick after a burst, kept by
    std::uint64_t burst_sent_bytes = 0;  ///< dispatch; likewise bytes
    PlaceInTurn place_in_turn;           ///< kept by FairTurn

    /// Connected, not cancelled, the pipe not blocked, credit left, its burst not yet at an end.
    bool can_take() const;
    bool has_credit() const;
    bool has_burst_left() const;
};

}  // namespace zex::core
