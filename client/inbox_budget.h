// How many bytes of deliveries and events wait here to be read by the program, where no credit
// bounds them. Beyond the bound the socket is read only while somebody waits for an answer, which
// may stand behind all that the broker and the system have under way; beyond the hard bound, which
// only a broker that sends without end reaches, it is not read at all.
//
// Thread: any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "client/doorbell.h"

namespace zex {

class InboxBudget {
  public:
    InboxBudget(std::size_t bound, std::shared_ptr<Doorbell> bell)
        : InboxBudget(bound, std::max(bound / 1024 * 4096, least_hard_bound), std::move(bell)) {}
    InboxBudget(std::size_t bound, std::size_t hard_bound, std::shared_ptr<Doorbell> bell)
        : bound_(bound), hard_bound_(hard_bound), bell_(std::move(bell)) {}

    void add(std::size_t bytes) { held_.fetch_add(bytes); }
    void remove(std::size_t bytes) {
        const std::size_t before = held_.fetch_sub(bytes);
        const std::size_t after = before - bytes;
        const auto crosses = [&](std::size_t bound) { return before > bound && after <= bound; };
        if (crosses(bound_) || crosses(hard_bound_)) bell_->ring();
    }
    bool exceeded() const { return held_.load() > bound_; }
    bool is_far_exceeded() const { return held_.load() > hard_bound_; }

  private:
    static constexpr std::size_t least_hard_bound = std::size_t{256} << 20;

    const std::size_t bound_;
    const std::size_t hard_bound_;
    std::atomic<std::size_t> held_{0};
    const std::shared_ptr<Doorbell> bell_;
};

}  // namespace zex
