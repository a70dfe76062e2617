#include "broker/shell/peers.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "common/net/libzmq/probes.h"

namespace zex::shell {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ConnectionId a{1};
constexpr ConnectionId b{2};

Instant at(int ms) {
    return Instant{milliseconds(ms)};
}

TEST_CASE("a connection that says no hello in time is given up once") {
    Peers peers;
    peers.expect_hello(a, at(5000));
    CHECK(peers.next_deadline() == at(5000));
    CHECK(peers.take_due(at(4999)).no_hello.empty());
    CHECK(peers.take_due(at(5000)).no_hello == std::vector{a});
    CHECK(peers.take_due(at(9000)).no_hello.empty());
    CHECK(peers.size() == 0);
}

TEST_CASE("a peer is pinged when nothing was sent to it for a heartbeat") {
    Peers peers;
    peers.attach(a, milliseconds(100), milliseconds(1000), at(0));
    CHECK(peers.take_due(at(99)).to_ping.empty());
    CHECK(peers.take_due(at(100)).to_ping == std::vector{a});
    CHECK(peers.take_due(at(150)).to_ping.empty());
    CHECK(peers.take_due(at(200)).to_ping == std::vector{a});
}

TEST_CASE("sending something else puts the ping off") {
    Peers peers;
    peers.attach(a, milliseconds(100), milliseconds(1000), at(0));
    peers.sent(a, at(60));
    CHECK(peers.take_due(at(100)).to_ping.empty());
    CHECK(peers.next_deadline() == at(160));
    CHECK(peers.take_due(at(160)).to_ping == std::vector{a});
}

TEST_CASE("a peer that was not heard for its time-out is given up, one that was is not") {
    Peers peers;
    peers.attach(a, milliseconds(100), milliseconds(300), at(0));
    peers.attach(b, milliseconds(100), milliseconds(300), at(0));
    for (int ms = 50; ms <= 300; ms += 50) {
        peers.heard(b, at(ms));
        const auto due = peers.take_due(at(ms));
        CHECK(due.silent == (ms == 300 ? std::vector{a} : std::vector<ConnectionId>{}));
    }
    CHECK(peers.size() == 1);
    CHECK(peers.take_due(at(599)).silent.empty());
    CHECK(peers.take_due(at(600)).silent == std::vector{b});
}

TEST_CASE("a peer that attaches is no longer waited for, and one that is forgotten never due") {
    Peers peers;
    peers.expect_hello(a, at(100));
    peers.attach(a, seconds(5), seconds(15), at(50));
    CHECK(peers.take_due(at(200)).no_hello.empty());
    peers.forget(a);
    CHECK_FALSE(peers.next_deadline());
    const auto due = peers.take_due(at(1'000'000));
    CHECK((due.no_hello.empty() && due.silent.empty() && due.to_ping.empty()));
}

TEST_CASE("a connection that was hung up on has to say hello again") {
    Peers peers;
    peers.attach(a, milliseconds(100), milliseconds(300), at(0));
    peers.expect_hello(a, at(5000));
    CHECK(peers.take_due(at(4000)).silent.empty());
    CHECK(peers.take_due(at(5000)).no_hello == std::vector{a});
}

TEST_CASE("heartbeats of 0 never fall due") {
    Peers peers;
    peers.attach(a, Duration(0), Duration(0), at(0));
    CHECK_FALSE(peers.next_deadline());
    CHECK(peers.take_due(at(1'000'000)).silent.empty());
}

TEST_CASE("a probe is repeated a few times and then believed") {
    net::Probes probes;
    probes.start(a, at(0));
    int trials = 0;
    for (int ms = 0; ms <= 1000; ++ms) trials += static_cast<int>(probes.take_due(at(ms)).size());
    CHECK(trials == 5);
    CHECK_FALSE(probes.next_deadline());
}

TEST_CASE("a probe that is stopped is not repeated, and a late look tries once for all") {
    net::Probes probes;
    probes.start(a, at(0));
    probes.start(b, at(0));
    probes.stop(a);
    CHECK(probes.take_due(at(60)) == std::vector{b});
    CHECK(probes.next_deadline() == at(150));
}

}  // namespace
}  // namespace zex::shell
