#include <type_traits>
#include <unordered_set>

#include <catch2/catch.hpp>

#include "common/base/ids.h"
#include "common/base/time.h"

namespace zex {

static_assert(!std::is_convertible_v<QueueId, SessionId>);
static_assert(!std::is_convertible_v<std::uint64_t, QueueId>);
static_assert(!std::is_convertible_v<QueueId, std::uint64_t>);

TEST_CASE("an id of number 0 names nothing") {
    CHECK_FALSE(QueueId());
    CHECK(QueueId(1));
}

TEST_CASE("ids are equal, ordered and hashed by their number") {
    CHECK(QueueId(3) == QueueId(3));
    CHECK(QueueId(3) < QueueId(4));
    const std::unordered_set<SessionId> sessions = {SessionId(1), SessionId(2), SessionId(1)};
    CHECK(sessions.size() == 2);
}

TEST_CASE("whole milliseconds are rounded down and never negative") {
    CHECK(whole_milliseconds(std::chrono::microseconds(1999)) == 1);
    CHECK(whole_milliseconds(Duration(-1)) == 0);
    CHECK(whole_milliseconds(std::chrono::seconds(-5)) == 0);
}

TEST_CASE("a manual clock moves when told to") {
    ManualClock clock;
    const Instant before = clock.now();
    CHECK(clock.now() == before);
    clock.advance(std::chrono::seconds(2));
    CHECK(clock.now() - before == std::chrono::seconds(2));
    CHECK(clock.now() == before + std::chrono::seconds(2));
    CHECK(clock.now() < Instant::max());
}

TEST_CASE("the steady clock never goes back") {
    const SteadyClock clock;
    const Instant first = clock.now();
    CHECK(clock.now() >= first);
}

}  // namespace zex
