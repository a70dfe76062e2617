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

TEST_CASE("a rate falls towards nothing when nothing comes") {
    ManualClock clock;
    RateMeter meter;
    meter.add(300, clock.now());
    clock.advance(seconds(1));
    CHECK(meter.per_second(clock.now()) == Approx(300.0));
    clock.advance(seconds(299));
    CHECK(meter.per_second(clock.now()) == Approx(1.0));
}

TEST_CASE("a window that ran long is measured by its real length") {
    ManualClock clock;
    RateMeter meter;
    meter.add(300, clock.now());
    clock.advance(seconds(3));
    CHECK(meter.per_second(clock.now()) == Approx(100.0));
    meter.add(50, clock.now());
    CHECK(meter.per_second(clock.now()) == Approx(100.0));
}

}  // namespace zex
