#include "common/base/rate.h"

#include <catch2/catch.hpp>

namespace zex {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a rate is what the last window saw, while the next one is counted") {
    ManualClock clock;
    RateMeter meter;
    meter.add(500, clock.now());
    clock.advance(milliseconds(500));
    meter.add(500, clock.now());
    CHECK(meter.per_second(clock.now()) == 0.0);  // the first window is not over
    clock.advance(milliseconds(500));
    CHECK(meter.per_second(clock.now()) == Approx(1000.0));
    meter.add(7, clock.now());
    clock.advance(milliseconds(900));
    CHECK(meter.per_second(clock.now()) == Approx(1000.0));
}

TEST_CASE("a rate is nothing once two windows have passed without an event") {
    ManualClock clock;
    RateMeter meter;
    meter.add(300, clock.now());
    clock.advance(seconds(1));
    CHECK(meter.per_second(clock.now()) == Approx(300.0));
    clock.advance(milliseconds(999));
    CHECK(meter.per_second(clock.now()) > 0.0);
    clock.advance(milliseconds(1));
    CHECK(meter.per_second(clock.now()) == 0.0);
    clock.advance(seconds(100'000));
    CHECK(meter.per_second(clock.now()) == 0.0);
}

TEST_CASE("a rate after a pause does not remember what was before it") {
    ManualClock clock;
    RateMeter meter;
    meter.add(100'000, clock.now());
    clock.advance(seconds(60));
    meter.add(1, clock.now());
    CHECK(meter.per_second(clock.now()) == 0.0);  // the first window after the pause
    clock.advance(seconds(1));
    CHECK(meter.per_second(clock.now()) == Approx(1.0));
}

TEST_CASE("the last event has a time, and nothing has none") {
    ManualClock clock;
    RateMeter meter;
    CHECK(!meter.last());
    clock.advance(seconds(5));
    meter.add(1, clock.now());
    const Instant at = clock.now();
    clock.advance(seconds(5));
    CHECK(meter.last() == at);
}

TEST_CASE("a window that ran long is measured by its real length") {
    ManualClock clock;
    RateMeter meter;
    meter.add(200, clock.now());
    clock.advance(milliseconds(900));
    meter.add(100, clock.now());
    clock.advance(milliseconds(1600));
    CHECK(meter.per_second(clock.now()) == Approx(120.0));
    meter.add(50, clock.now());
    CHECK(meter.per_second(clock.now()) == Approx(120.0));
}

}  // namespace zex
