// Drains what libzmq tells about connections, so that its I/O thread never waits for us, and passes
// on what the broker thread wants to know.
//
// Thread: its own ("zex-monitor") drains; the broker thread takes.
// Invariants: at most `capacity` sightings wait. Beyond, they are dropped and counted: heartbeats
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

namespace zex::shell {

struct Sighting {
    net::ConnectionEvent::Kind kind = net::ConnectionEvent::Kind::lost;
    int fd = -1;
};

class Monitor {
  public:
    static constexpr std::size_t capacity = 65'536;

    /// `bell` is rung when there is something to take; it must outlive the monitor.
    Monitor(std::vector<net::ConnectionEvents> events, const net::Wakeup& bell);
    ~Monitor();  ///< the watched sockets must be closed
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    bool take(std::vector<Sighting>& into) { return sightings_.take(into); }
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    void drain();

    std::vector<net::ConnectionEvents> events_;
    net::Mailbox<Sighting> sightings_;
    net::Wakeup stop_;
    std::atomic<std::uint64_t> dropped_{0};
    std::thread thread_;
};

}  // namespace zex::shell
