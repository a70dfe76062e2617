#include "common/net/address_limits.h"

#include <string>

#include <catch2/catch.hpp>

namespace zex::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("an address may make so many connections in a second, others are not concerned") {
    AddressLimits limits({0, 3});
    Instant now{seconds(10)};
    for (int i = 0; i < 3; ++i) CHECK(limits.enter("a", now));
    CHECK_FALSE(limits.enter("a", now));
    CHECK(limits.enter("b", now));
    now = now + milliseconds(999);
    CHECK_FALSE(limits.enter("a", now));
    now = now + milliseconds(1);
    CHECK(limits.enter("a", now));
}

TEST_CASE("an address may hold so many connections, and one more when one has left") {
    AddressLimits limits({2, 0});
    const Instant now{seconds(10)};
    CHECK(limits.enter("a", now));
    CHECK(limits.enter("a", now));
    CHECK_FALSE(limits.enter("a", now));
    limits.leave("a");
    CHECK(limits.enter("a", now));
}

TEST_CASE("addresses that hold nothing are forgotten") {
    AddressLimits limits({10, 10});
    Instant now{seconds(10)};
    for (int i = 0; i < 1000; ++i) {
        const std::string address = std::to_string(i);
        CHECK(limits.enter(address, now));
        if (i > 0) limits.leave(address);
    }
    now = now + seconds(2);
    CHECK(limits.enter("new", now));
    CHECK(limits.size() == 2);
}

}  // namespace
}  // namespace zex::net
