// Wakes the socket thread, at no cost while it is awake.
//
// Thread: ring() from any; the rest from the socket thread. What the ring announces must have been
// put where the socket thread finds it, under a mutex, before ring().
#pragma once

#include <atomic>

#include "common/net/wakeup.h"

namespace zex {

class Doorbell {
  public:
    void ring() noexcept {
        if (asleep_.exchange(false)) wakeup_.ring();
    }

    /// Look for work once more after this call, then poll fd().
    void going_to_sleep() noexcept { asleep_.store(true); }
    void woken() noexcept {
        if (!asleep_.exchange(false)) wakeup_.clear();
    }
    int fd() const { return wakeup_.fd(); }

  private:
    std::atomic<bool> asleep_{false};
    net::Wakeup wakeup_;
};

}  // namespace zex
