// When to try which endpoint: in turn, with exponential back-off between rounds and jitter, so
// that a restarted broker is not met by all its clients at once.
//
// Invariants: a delay is 0 or lies within [first * (1 - jitter), most * (1 + jitter)].
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include <zex/client.hpp>

#include "common/base/time.h"

namespace zex {

class ReconnectPlan {
  public:
    struct Attempt {
        std::size_t endpoint = 0;
        Duration delay{0};
    };

    /// `random` gives numbers in [0, 1). Requires at least one endpoint.
    ReconnectPlan(const Reconnect& limits, std::size_t endpoints, std::function<double()> random);

    /// Nothing when the limit of attempts is reached.
    std::optional<Attempt> next();
    void succeeded();

    unsigned attempts() const { return attempts_; }  ///< since the last success

  private:
    Duration back_off(unsigned round);

    const Reconnect limits_;
    const std::size_t endpoints_;
    const std::function<double()> random_;
    std::size_t endpoint_ = 0;  ///< of the last attempt
    unsigned attempts_ = 0;
    bool ever_ = false;
};

}  // namespace zex
