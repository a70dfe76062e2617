// How many bytes of deliveries and events wait here to be read by the program. At the bound the
// socket thread stops reading, so that what comes next waits in the broker.
//
// Thread: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "client/doorbell.h"

namespace zex {

class InboxBudget {
  public:
    InboxBudget(std::size_t bound, std::shared_ptr<Doorbell> bell)
        : bound_(bound), bell_(std::move(bell)) {}

    void add(std::size_t bytes) { held_.fetch_add(bytes); }
    void remove(std::size_t bytes) {
        const std::size_t before = held_.fetch_sub(bytes);
        if (before > bound_ && before - bytes <= bound_) bell_->ring();
    }
    bool exceeded() const { return held_.load() > bound_; }

  private:
    const std::size_t bound_;
    std::atomic<std::size_t> held_{0};
    const std::shared_ptr<Doorbell> bell_;
};

}  // namespace zex
