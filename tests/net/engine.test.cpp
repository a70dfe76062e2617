// What the engine does with strangers, written by hand: whoever they are, it refuses them as ZMTP
// says, counts them, and serves the others.
#include <cerrno>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/net/served.h"
#include "tests/net/zmtp_bytes.h"

namespace zex::test {
namespace {

using Counters = net::TransportCounters;
using std::chrono::milliseconds;

/// Another peer is served as if nothing were.
void check_serves(Served& served) {
    RawPeer peer(served.endpoint);
    peer.write(opening() + RawPeer::frame("bystander"));
    CHECK(served.until([&] {
        return !served.received.empty() && served.received.back().frames[0] == "bystander";
    }));
}

/// The engine ends the connection. What it says before is thrown away.
bool ends(Served& served, RawPeer& peer) {
    return served.until([&] {
        std::string bytes(1000, '\0');
        const ssize_t size = ::recv(peer.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return size == 0 || (size < 0 && errno != EAGAIN);
    });
}

bool reaches(Served& served, std::uint64_t Counters::*which, std::uint64_t least) {
    return served.until([&] { return served.counter(which) >= least; });
}

TEST_CASE("strangers of every kind are refused, counted, and disturb nobody") {
    const std::string good = RawPeer::greeting();
    std::string version_2 = good;
    version_2[10] = 1;
    std::string curve = good;
    curve.replace(12, 5, "CURVE");
    const std::vector<std::string> handshakes = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        std::string(100, '\0'),
        std::string(64, '\xff'),
        version_2,
        curve,
        good + RawPeer::frame("no command"),
        good + RawPeer::command("HELLO", "x"),
        good + RawPeer::command("READY", "garbage"),
        good + ready("PUB"),
        good + ready("ROUTER"),
        good + ready("DEALER", std::string(60'000, 'x')),
        good + std::string("\x06\xff\xff\xff\xff\xff\xff\xff\xff", 9),
        good + RawPeer::command("ERROR", std::string("\x02no", 3)),
    };
    Served served;
    for (std::size_t i = 0; i < handshakes.size(); ++i) {
        INFO("handshake " << i);
        RawPeer peer(served.endpoint);
        peer.write(handshakes[i]);
        CHECK(reaches(served, &Counters::handshakes_failed, i + 1));
        CHECK(ends(served, peer));
    }
    const std::vector<std::string> malformed = {
        std::string("\x08\x00", 2),   std::string("\x02\xff\xff\xff\xff\xff\xff\xff\xff", 9),
        RawPeer::command("PING", ""), RawPeer::command("SUBSCRIBE", "x"),
        std::string("\x04\x00", 2),
    };
    for (std::size_t i = 0; i < malformed.size(); ++i) {
        INFO("frame " << i);
        RawPeer peer(served.endpoint);
        peer.write(opening() + malformed[i]);
        CHECK(reaches(served, &Counters::connections_cut_malformed, i + 1));
        CHECK(ends(served, peer));
    }
    check_serves(served);
    CHECK(served.received.size() == 1);
}

TEST_CASE("a peer of the wrong socket type reads why it is refused") {
    Served served;
    RawPeer peer(served.endpoint);
    peer.write(RawPeer::greeting() + ready("SUB"));
    REQUIRE(reaches(served, &Counters::handshakes_failed, 1));
    served.turn();
    std::string heard(500, '\0');
    const ssize_t size = ::recv(peer.fd(), heard.data(), heard.size(), 0);
    REQUIRE(size > 64);
    heard.resize(static_cast<std::size_t>(size));
    CHECK(heard.find("ERROR") != std::string::npos);
    CHECK(heard.find("DEALER") != std::string::npos);
}

TEST_CASE("a greeting may come byte by byte, and messages behind it") {
    Served served;
    RawPeer peer(served.endpoint);
    for (const char byte : opening() + RawPeer::frame("slow", true) + RawPeer::frame("peer")) {
        peer.write({&byte, 1});
        served.turn();
    }
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    CHECK(served.received[0].frames == std::vector<std::string>{"slow", "peer"});
}

TEST_CASE("before it is admitted a peer may send 64 KiB in one message, then as much as others") {
    Served served;
    RawPeer long_hello(served.endpoint);
    long_hello.write(opening() + RawPeer::frame(std::string(70'000, 'x')).substr(0, 20));
    CHECK(reaches(served, &Counters::connections_cut_flooding, 1));
    RawPeer peer(served.endpoint);
    served.on_message = [&](const Served::Received& got) {
        served.transport->admit(got.from, true);
    };
    peer.write(opening() + RawPeer::frame("hello") + RawPeer::frame(std::string(70'000, 'x')));
    CHECK(served.until([&] { return served.received.size() == 2; }));
    peer.write(std::string("\x02\0\0\0\0\x7f\0\0\0", 9));
    CHECK(reaches(served, &Counters::connections_cut_flooding, 2));
}

TEST_CASE("a message without end is cut, and costs nothing meanwhile") {
    net::TransportOptions options;
    options.surplus_bytes = 1 << 20;
    Served served(Kind::engine, "tcp", options);
    RawPeer peer(served.endpoint);
    peer.write(opening() + RawPeer::frame("hello"));
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    served.transport->admit(served.received[0].from, true);
    std::string tiny;
    for (int i = 0; i < 4096; ++i) tiny += RawPeer::frame("", true);
    std::uint64_t sent = 0;
    REQUIRE(served.until([&] {
        if (::send(peer.fd(), tiny.data(), tiny.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) ++sent;
        CHECK(served.engine->held_bytes() <= 64 << 10);
        return served.counter(&Counters::connections_cut_flooding) == 1;
    }));
    CHECK(sent > 100);
    CHECK(served.received[1].surplus);
    CHECK(served.until([&] { return served.events.size() == 1; }));
    CHECK(served.events[0].id == served.received[0].from);
}

TEST_CASE("who says nothing, or not enough, in time is cut") {
    net::TransportOptions options;
    options.hello_timeout = milliseconds(50);
    Served served(Kind::engine, "tcp", options);
    RawPeer silent(served.endpoint);
    RawPeer half(served.endpoint);
    half.write(RawPeer::greeting().substr(0, 30));
    RawPeer mute(served.endpoint);
    mute.write(opening());
    RawPeer unfinished(served.endpoint);
    unfinished.write(opening() + RawPeer::frame("a", true));
    CHECK(reaches(served, &Counters::handshakes_failed, 2));
    CHECK(reaches(served, &Counters::connections_cut_idle, 2));
    CHECK(served.counter(&Counters::connections_closed_before_hello) == 4);
    CHECK(ends(served, silent));
    CHECK(ends(served, unfinished));
    check_serves(served);
}

TEST_CASE("a peer that has closed its side is gone, and what it had sent is received") {
    Served served;
    RawPeer peer(served.endpoint);
    peer.write(opening() + RawPeer::frame("last words") + RawPeer::frame("cut short").substr(0, 5));
    ::shutdown(peer.fd(), SHUT_WR);
    REQUIRE(served.until([&] { return served.events.size() == 1; }));
    REQUIRE(served.received.size() == 1);
    CHECK(served.received[0].frames[0] == "last words");
    CHECK(served.engine->size() == 0);
}

TEST_CASE("a peer that resets its connection with PINGs pending takes nobody with it") {
    Served served;
    const std::string request = RawPeer::frame(std::string(30, 'x'));
    for (std::size_t round = 0; round < 40; ++round) {
        RawPeer peer(served.endpoint);
        std::string bytes = opening();
        for (int i = 0; i < 90; ++i) bytes += request;
        for (int i = 0; i < 100; ++i) bytes += ping("context");
        peer.write(bytes);
        for (std::size_t i = 0; i < round % 4; ++i) served.turn();
        const linger at_once{1, 0};
        setsockopt(peer.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        peer.close();
        served.turn();
    }
    CHECK(served.until([&] { return served.engine->size() == 0; }));
    check_serves(served);
}

TEST_CASE("PINGs of a peer that does not read its PONGs hold nothing up and cost little") {
    Served served;
    RawPeer peer(served.endpoint);
    const int small = 4096;
    setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    peer.write(opening() + RawPeer::frame("hello"));
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    std::string pings;
    for (int i = 0; i < 2000; ++i) pings += ping("0123456789abcdef");
    for (int i = 0; i < 400; ++i) {
        ::send(peer.fd(), pings.data(), pings.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        served.turn();
        CHECK(served.engine->output_bytes() <= 256 << 10);
    }
    check_serves(served);
}

TEST_CASE("connections beyond the limit are closed, and there is room when one leaves") {
    net::TransportOptions options;
    options.connections = 3;
    Served served(Kind::engine, "tcp", options);
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (int i = 0; i < 3; ++i) {
        peers.push_back(std::make_unique<RawPeer>(served.endpoint));
        peers.back()->write(opening() + RawPeer::frame("hello"));
    }
    REQUIRE(served.until([&] { return served.received.size() == 3; }));
    RawPeer surplus(served.endpoint);
    CHECK(reaches(served, &Counters::connections_over_limit, 1));
    CHECK(ends(served, surplus));
    peers.pop_back();
    REQUIRE(served.until([&] { return served.engine->size() == 2; }));
    check_serves(served);
}

TEST_CASE("where descriptors run out accepting stops, and goes on when some are free") {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    Served served;
    RawPeer old(served.endpoint);
    old.write(opening() + RawPeer::frame("old"));
    REQUIRE(served.until([&] { return served.received.size() == 1; }));
    const int lowest = ::dup(0);
    ::close(lowest);
    rlimit low = before;
    low.rlim_cur = static_cast<rlim_t>(lowest + 34);
    setrlimit(RLIMIT_NOFILE, &low);
    std::vector<std::unique_ptr<RawPeer>> crowd;
    for (int i = 0; i < 14; ++i) crowd.push_back(std::make_unique<RawPeer>(served.endpoint));
    CHECK(reaches(served, &Counters::accepts_failed, 1));
    const int spare = ::dup(0);
    CHECK(spare >= 0);  // the broker's own files still have room
    ::close(spare);
    old.write(RawPeer::frame("old again"));
    CHECK(served.until([&] { return served.received.size() == 2; }));
    crowd.clear();
    check_serves(served);
    setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("an engine listens at many endpoints") {
    Served served;
    std::vector<std::string> endpoints;
    for (int i = 0; i < 70; ++i) {
        endpoints.push_back(served.transport->listen("tcp://127.0.0.1:0").value());
    }
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (const std::string& endpoint : endpoints) {
        peers.push_back(std::make_unique<RawPeer>(endpoint));
        peers.back()->write(opening() + RawPeer::frame(endpoint));
    }
    CHECK(served.until([&] { return served.received.size() == endpoints.size(); }));
    for (const auto& got : served.received) {
        const auto peer = served.transport->peer(got.from);
        REQUIRE(peer);
        CHECK(peer->endpoint == got.frames[0]);
    }
}

TEST_CASE("a noisy peer does not keep others waiting") {
    Served served;
    RawPeer noisy(served.endpoint);
    std::string flood = opening();
    for (int i = 0; i < 20'000; ++i) flood += RawPeer::frame("n");
    noisy.write(flood);
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    RawPeer other(served.endpoint);
    other.write(opening() + RawPeer::frame("other"));
    std::size_t noise = 0;
    REQUIRE(served.until([&] {
        for (; noise < served.received.size(); ++noise) {
            if (served.received[noise].frames[0] == "other") return true;
        }
        return false;
    }));
    CHECK(noise < 10'000);
}

}  // namespace
}  // namespace zex::test
