#include "client/reconnect_plan.h"

#include <catch2/catch.hpp>

using namespace zex;
using std::chrono::milliseconds;

TEST_CASE("the first attempt, and each endpoint of the first round, is made at once") {
    ReconnectPlan plan({}, 3, [] { return 0.5; });
    for (std::size_t endpoint = 0; endpoint < 3; ++endpoint) {
        const auto attempt = plan.next();
        CHECK(attempt->endpoint == endpoint);
        CHECK(attempt->delay == Duration{0});
    }
    CHECK(plan.next()->delay == milliseconds(50));
}

TEST_CASE("delays double from round to round up to the most") {
    Reconnect limits;
    limits.first = milliseconds(100);
    limits.most = milliseconds(1000);
    ReconnectPlan plan(limits, 1, [] { return 0.5; });
    plan.next();
    for (int expected : {100, 200, 400, 800, 1000, 1000}) {
        CHECK(plan.next()->delay == milliseconds(expected));
    }
}

TEST_CASE("jitter keeps delays within its bounds, to the end of a long outage") {
    Reconnect limits;
    limits.first = milliseconds(100);
    limits.most = milliseconds(1000);
    limits.jitter = 0.3;
    double random = 0.0;
    ReconnectPlan plan(limits, 1, [&] { return random; });
    plan.next();
    CHECK(plan.next()->delay == milliseconds(70));
    random = 0.999999;
    for (int i = 0; i < 1000; ++i) {
        const Duration delay = plan.next()->delay;
        CHECK(delay >= milliseconds(70));
        CHECK(delay <= milliseconds(1300));
    }
}

TEST_CASE("after a loss the same endpoint comes first, with a delay, then the others") {
    ReconnectPlan plan({}, 2, [] { return 0.5; });
    plan.next();
    plan.next();
    plan.succeeded();
    const auto again = plan.next();
    CHECK(again->endpoint == 1);
    CHECK(again->delay == milliseconds(50));
    CHECK(plan.next()->endpoint == 0);
}

TEST_CASE("the limit of attempts counts those in a row") {
    Reconnect limits;
    limits.attempts = 2;
    ReconnectPlan plan(limits, 1, [] { return 0.5; });
    CHECK(plan.next());
    CHECK(plan.next());
    CHECK_FALSE(plan.next());
    plan.succeeded();
    CHECK(plan.next());
}
