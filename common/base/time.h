// Time as the rules see it: a number handed in, never read from a clock inside them.
#pragma once

#include <chrono>
#include <cstdint>

namespace zex {

using Duration = std::chrono::nanoseconds;

/// A moment on the monotonic clock. Comparable within one process only.
struct Instant {
    Duration since_start{0};

    constexpr auto operator<=>(const Instant&) const = default;
    constexpr Instant operator+(Duration d) const { return {since_start + d}; }
    constexpr Duration operator-(Instant other) const { return since_start - other.since_start; }

    static constexpr Instant max() { return {Duration::max()}; }
};

constexpr std::uint64_t whole_milliseconds(Duration d) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
    return ms < 0 ? 0 : static_cast<std::uint64_t>(ms);
}

/// The time of one turn: steady for waiting, the wall clock for what is stored and outlives us.
struct Now {
    Instant steady;
    std::uint64_t wall_ms = 0;  ///< milliseconds since 1970 (UTC)
};

/// Where a shell gets its time from; tests hand in one that they turn themselves.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    /// Milliseconds since 1970 (UTC). May step either way.
    virtual std::uint64_t wall_ms() const = 0;
};

/// CLOCK_MONOTONIC: steps of the wall clock do not reach it.
class SteadyClock final : public Clock {
  public:
    Instant now() const override {
        return {std::chrono::duration_cast<Duration>(
            std::chrono::steady_clock::now().time_since_epoch())};
    }
    std::uint64_t wall_ms() const override {
        const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
        return whole_milliseconds(std::chrono::duration_cast<Duration>(since_1970));
    }
};

/// Of SteadyClock, for the standard library's waits.
inline std::chrono::steady_clock::time_point time_point(Instant instant) {
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(instant.since_start));
}

/// A clock that moves when told to.
class ManualClock final : public Clock {
  public:
    Instant now() const override { return now_; }
    std::uint64_t wall_ms() const override {
        return wall_from_ms + whole_milliseconds(now_.since_start);
    }
    void advance(Duration d) { now_ = now_ + d; }

    std::uint64_t wall_from_ms = 1'700'000'000'000;  ///< wall clock at instant 0

  private:
    Instant now_{std::chrono::seconds(1)};
};

}  // namespace zex
