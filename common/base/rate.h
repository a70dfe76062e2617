// Events per second, measured without a timer: counted in windows of a second, closed by whoever
// counts next, and the time of the last event.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/time.h"

namespace zex {

class RateMeter {
  public:
    static constexpr Duration window = std::chrono::seconds(1);

    void add(std::uint64_t events, Instant now) {
        if (now - started_ >= window) {
            rate_ = per_second(now);
            counted_ = 0;
            started_ = now;
        }
        counted_ += events;
        last_ = now;
    }

    /// Events per second over the last whole window, which is one to three seconds long; 0 once two
    /// windows have passed without an event, and during the first.
    double per_second(Instant now) const {
        if (!last_ || now - *last_ >= 2 * window) return 0.0;
        const Duration elapsed = now - started_;
        if (elapsed < window) return rate_;
        return static_cast<double>(counted_) / std::chrono::duration<double>(elapsed).count();
    }

    /// When the last event was counted; nothing before the first.
    std::optional<Instant> last() const { return last_; }

  private:
    Instant started_{};
    std::optional<Instant> last_;
    std::uint64_t counted_ = 0;
    double rate_ = 0.0;
};

}  // namespace zex
