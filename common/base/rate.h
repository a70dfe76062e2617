// Events per second, measured without a timer: counted in windows of about a second, rolled over
// by whoever counts next.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace zex {

class RateMeter {
  public:
    void add(std::uint64_t events, Instant now) {
        if (now - started_ >= window) {
            rate_ = per_second(now);
            counted_ = 0;
            started_ = now;
        }
        counted_ += events;
    }

    /// Events per second over the last whole window; falls towards 0 when nothing comes.
    double per_second(Instant now) const {
        const Duration elapsed = now - started_;
        if (elapsed < window) return rate_;
        return static_cast<double>(counted_) / std::chrono::duration<double>(elapsed).count();
    }

  private:
    static constexpr Duration window = std::chrono::seconds(1);

    Instant started_{};
    std::uint64_t counted_ = 0;
    double rate_ = 0.0;
};

}  // namespace zex
