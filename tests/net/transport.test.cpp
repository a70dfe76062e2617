// What every transport does, over tcp and ipc, with libzmq as the client.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/net/served.h"
#include "tests/net/zmtp_bytes.h"

namespace zex::test {
namespace {

using Events = net::Transport::Event::Kind;

struct Way {
    Kind kind;
    std::string scheme;
};

Way any_way() {
    return GENERATE(Way{Kind::engine, "tcp"}, Way{Kind::engine, "ipc"}, Way{Kind::libzmq, "tcp"},
                    Way{Kind::libzmq, "ipc"});
}

std::string numbered(std::size_t number, std::size_t size) {
    std::string text = std::to_string(number) + ":";
    text.resize(std::max(size, text.size()), static_cast<char>('a' + number % 26));
    return text;
}

/// The engine works only in the test's own turns, libzmq on its own thread, which wants its time.
void say_hello(const Way& way, RawPeer& peer) {
    if (way.kind == Kind::engine) {
        peer.write(opening());
    } else {
        peer.greet();
    }
    peer.send({"hello"});
}

TEST_CASE("what a peer sends is received whole and in order, of any length") {
    const Way way = any_way();
    Served served(way.kind, way.scheme);
    Client client(*served.context, served.endpoint);
    served.on_message = [&](const Served::Received& got) {
        served.transport->admit(got.from, true);
    };
    std::vector<std::vector<std::string>> sent = {{"first"}};
    for (const std::size_t size : {0, 1, 255, 256, 5'000, 65'535, 65'536, 1 << 20, 16 << 20}) {
        sent.push_back({"envelope", std::string(size, 'x')});
        sent.push_back({std::string(size, 'y')});
    }
    for (std::size_t i = 0; i < 500; ++i) sent.push_back({numbered(i, i)});
    for (const auto& message : sent) {
        REQUIRE(served.until([&] { return client.send(message); }));
    }
    REQUIRE(served.until([&] { return served.received.size() == sent.size(); }));
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CHECK(served.received[i].frames == sent[i]);
        CHECK(served.received[i].from == served.received[0].from);
    }
}

TEST_CASE("what is sent to a peer arrives whole and in order, of any length") {
    const Way way = any_way();
    Served served(way.kind, way.scheme);
    Client client(*served.context, served.endpoint);
    client.send({"hello"});
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    const ConnectionId peer = served.received[0].from;
    std::vector<std::vector<std::string>> sent;
    for (const std::size_t size : {0, 1, 255, 256, 5'000, 65'536, 1 << 20, 16 << 20}) {
        sent.push_back({"envelope", std::string(size, 'x')});
        sent.push_back({std::string(size, 'y')});
    }
    std::vector<std::vector<std::string>> arrived;
    std::vector<std::string> next;
    const auto take = [&] {
        while (client.receive(next)) arrived.push_back(next);
        return true;
    };
    for (const auto& message : sent) {
        REQUIRE(
            served.until([&] { return take() && served.send(peer, message) == net::Sent::sent; }));
    }
    REQUIRE(served.until([&] { return take() && arrived.size() == sent.size(); }));
    CHECK(arrived == sent);
    CHECK(served.until([&] { return served.transport->unread_bytes() == 0; }));
}

TEST_CASE("what a peer sent before it left is received before it is told as gone") {
    const Way way = any_way();
    Served served(way.kind, way.scheme);
    // libzmq throws away what stands behind a full queue when it meets the break as it writes.
    const std::size_t count = way.kind == Kind::engine ? 3000 : 50;
    {
        Client client(*served.context, served.endpoint);
        client.socket.set_linger(std::chrono::seconds(10));
        for (std::size_t i = 0; i < count; ++i) {
            REQUIRE(served.until([&] { return client.send({numbered(i, 100)}); }));
        }
    }
    REQUIRE(served.until([&] { return !served.events.empty(); }));
    CHECK(served.events[0].kind == Events::gone);
    REQUIRE(served.received.size() == count);
    CHECK(served.events[0].id == served.received[0].from);
    CHECK(served.send(served.events[0].id, {"x"}) == net::Sent::unreachable);
}

TEST_CASE("a peer that is not heard waits, and others do not; then it is heard in order") {
    const Way way = any_way();
    Served served(way.kind, way.scheme);
    Client quiet(*served.context, served.endpoint);
    Client loud(*served.context, served.endpoint);
    quiet.send({"quiet"});
    loud.send({"loud"});
    REQUIRE(served.until([&] { return served.received.size() == 2; }));
    const bool quiet_first = served.received[0].frames[0] == "quiet";
    const ConnectionId unheard = served.received[quiet_first ? 0 : 1].from;
    served.transport->hear(unheard, false);
    served.received.clear();
    for (std::size_t i = 0; i < 50; ++i) {
        quiet.send({numbered(i, 10)});
        loud.send({numbered(i, 10)});
    }
    REQUIRE(served.until([&] { return served.received.size() == 50; }));
    for (int i = 0; i < 5; ++i) served.turn();
    for (const auto& got : served.received) CHECK(got.from != unheard);
    served.received.clear();
    served.transport->hear(unheard, true);
    REQUIRE(served.until([&] { return served.received.size() == 50; }));
    for (std::size_t i = 0; i < 50; ++i) {
        CHECK(served.received[i].from == unheard);
        CHECK(served.received[i].frames[0] == numbered(i, 10));
    }
}

TEST_CASE("a peer may be unheard while its message is looked at") {
    const Way way = any_way();
    net::TransportOptions options;
    options.hello_bytes = options.message_bytes;
    Served served(way.kind, way.scheme, options);
    Client client(*served.context, served.endpoint);
    const std::string text(50'000, 'x');
    for (int i = 0; i < 20; ++i) client.send({text, text});
    served.on_message = [&](const Served::Received& got) {
        served.transport->hear(got.from, false);
        served.transport->hear(got.from, true);
    };
    REQUIRE(served.until([&] { return served.received.size() == 20; }));
    for (const auto& got : served.received) CHECK(got.frames == std::vector{text, text});
}

TEST_CASE("a peer that is cut hears nothing more, and is told of no more") {
    const Way way = any_way();
    if (way.scheme == "ipc") return;
    Served served(way.kind, way.scheme);
    RawPeer peer(served.endpoint);
    say_hello(way, peer);
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    served.turn();
    served.transport->cut(served.received[0].from);
    CHECK(peer.ends_within());
    for (int i = 0; i < 10; ++i) served.turn();
    CHECK(served.events.empty());
    CHECK_FALSE(served.transport->peer(served.received[0].from));
}

TEST_CASE("a peer that reads nothing blocks its own output, not that of others") {
    const Way way = any_way();
    net::TransportOptions options;
    options.send_queue = 8;
    Served served(way.kind, way.scheme, options);
    Client deaf(*served.context, served.endpoint);
    Client other(*served.context, served.endpoint);
    deaf.send({"deaf"});
    other.send({"other"});
    REQUIRE(served.until([&] { return served.received.size() == 2; }));
    const bool deaf_first = served.received[0].frames[0] == "deaf";
    const ConnectionId blocked = served.received[deaf_first ? 0 : 1].from;
    const ConnectionId free = served.received[deaf_first ? 1 : 0].from;
    std::size_t count = 0;
    net::Sent result = net::Sent::sent;
    while (result == net::Sent::sent) {
        if (count % 16 == 0) served.turn();
        result = served.send(blocked, {numbered(count, 100'000)});
        if (result == net::Sent::sent) ++count;
    }
    CHECK(result == net::Sent::would_block);
    CHECK(served.send(free, {"you hear me"}) == net::Sent::sent);
    std::vector<std::string> next;
    CHECK(served.until([&] { return other.receive(next); }));
    std::size_t arrived = 0;
    REQUIRE(served.until([&] {
        while (deaf.receive(next)) {
            CHECK(next[0] == numbered(arrived, 100'000));
            ++arrived;
        }
        return arrived == count;
    }));
    CHECK(served.until([&] { return served.send(blocked, {"again"}) == net::Sent::sent; }));
}

TEST_CASE("a peer is known by its address, or by what the kernel says of its process") {
    const Way way = any_way();
    Served served(way.kind, way.scheme);
    Client client(*served.context, served.endpoint);
    client.send({"hello"});
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    const auto peer = served.transport->peer(served.received[0].from);
    REQUIRE(peer);
    CHECK(peer->endpoint == served.endpoint);
    if (way.scheme == "tcp") {
        CHECK(peer->address == "127.0.0.1");
        CHECK_FALSE(peer->credentials);
    } else {
        REQUIRE(peer->credentials);
        CHECK(peer->credentials->pid == ::getpid());
        CHECK(peer->credentials->uid == ::getuid());
    }
}

TEST_CASE("a number is never given to two connections, whatever name a peer gives itself") {
    const Way way = any_way();
    if (way.scheme == "ipc") return;
    Served served(way.kind, way.scheme);
    std::vector<ConnectionId> seen;
    for (std::size_t i = 1; i <= 20; ++i) {
        RawPeer peer(served.endpoint);
        say_hello(way, peer);
        REQUIRE(served.until([&] { return served.received.size() == i; }));
        const ConnectionId id = served.received.back().from;
        CHECK(std::count(seen.begin(), seen.end(), id) == 0);
        seen.push_back(id);
    }
    CHECK(served.until([&] { return served.events.size() == 20; }));
}

TEST_CASE("what was sent reaches a peer although the transport is shut down") {
    const Way way = any_way();
    Served served(way.kind, way.scheme);
    Client client(*served.context, served.endpoint);
    client.send({"hello"});
    REQUIRE(served.until([&] { return !served.received.empty(); }));
    served.send(served.received[0].from, {"goodbye", std::string(500'000, 'x')});
    served.transport->shut_down(std::chrono::seconds(5));
    std::array<net::PollItem, 1> items{{{&client.socket}}};
    net::poll(items, std::chrono::seconds(10));
    std::vector<std::string> heard;
    REQUIRE(client.receive(heard));
    CHECK(heard[0] == "goodbye");
    CHECK(heard[1].size() == 500'000);
}

}  // namespace
}  // namespace zex::test
