// Wakes the thread that waits for the socket, at no cost while it is awake. Which one that is
// changes (see driver.h): each has a bed, and the bell rings at the one that was last slept in.
//
// Thread: ring() from any; the rest from who has the driver's turn. What the ring announces must
// have been put where the sleeper finds it, under a mutex, before ring().
#pragma once

#include <atomic>

#include "common/net/wakeup.h"

namespace zex {

class Doorbell {
  public:
    void ring() noexcept {
        if (const net::Wakeup* bed = bed_.exchange(nullptr)) bed->ring();
    }

    /// Look for work once more after this call, then poll the bed, and clear it if it was rung.
    void going_to_sleep(const net::Wakeup& bed) noexcept { bed_.store(&bed); }
    void woken(const net::Wakeup& bed) noexcept {
        const net::Wakeup* mine = &bed;
        bed_.compare_exchange_strong(mine, nullptr);
    }
    /// Nobody has rung since.
    bool sleeps_in(const net::Wakeup& bed) const noexcept { return bed_.load() == &bed; }

  private:
    std::atomic<const net::Wakeup*> bed_{nullptr};
};

}  // namespace zex
