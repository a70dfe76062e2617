// Drains what libzmq tells about connections, so that its I/O thread never waits for us, and passes
// on what the broker thread wants to know.
//
// Thread: its own ("zex-monitor") drains; the broker thread takes.
// Invariants: at most `capacity` events wait. Beyond, they are dropped and counted: heartbeats
// notice what a dropped one would have told sooner.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "common/net/events.h"
#include "common/net/mailbox.h"
#include "common/net/wakeup.h"

namespace zex::net {

class Monitor {
  public:
    static constexpr std::size_t capacity = 65'536;

    /// `bell` is rung when there is something to take; it must outlive the monitor.
    Monitor(std::vector<ConnectionEvents> events, const Wakeup& bell);
    ~Monitor();  ///< the watched sockets must be closed
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    bool take(std::vector<ConnectionEvent>& into) { return waiting_.take(into); }
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    void drain();

    std::vector<ConnectionEvents> events_;
    Mailbox<ConnectionEvent> waiting_;
    Wakeup stop_;
    std::atomic<std::uint64_t> dropped_{0};
    std::thread thread_;
};

}  // namespace zex::net
