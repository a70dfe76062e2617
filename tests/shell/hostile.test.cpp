#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/socket.h>

#include "tests/shell/house.h"
#include "tests/support/raw_peer.h"

namespace zex::test {
namespace {

using std::chrono::milliseconds;

/// Served by the broker's own engine, and by libzmq.
shell::Options any_transport() {
    shell::Options options;
    options.libzmq = GENERATE(false, true);
    return options;
}

TEST_CASE("a telnet client that types garbage is counted and disturbs nobody") {
    RunningHouse house(any_transport());
    Guest guest = house.opened_guest();
    RawPeer telnet(house.endpoint());
    telnet.write("HELO broker, are you there? I have no idea what ZMTP is.\r\n");
    CHECK(telnet.ends_within());
    CHECK(house.reaches(guest, "handshakes_failed", 1));
}

TEST_CASE("a client with the wrong socket type is counted and disturbs nobody") {
    RunningHouse house(any_transport());
    Guest guest = house.opened_guest();
    RawPeer peer(house.endpoint());
    peer.greet("PUSH");
    CHECK(peer.ends_within());
    CHECK(house.reaches(guest, "connections_closed_before_hello", 1));
}

TEST_CASE("a REQ client's message is refused by name") {
    RunningHouse house(any_transport());
    Guest guest = house.opened_guest();
    RawPeer peer(house.endpoint());
    peer.greet("REQ");
    peer.send({"", R"({"op":"ping"})"});
    CHECK(house.reaches(guest, "bad_input_malformed", 1));
}

TEST_CASE("a peer written by hand can open a session") {
    RunningHouse house(any_transport());
    RawPeer peer(house.endpoint());
    peer.greet();
    peer.send({R"({"op":"hello","versions":[1]})"});
    const auto welcome = peer.receive();
    REQUIRE(welcome);
    CHECK(welcome->at(0).find("welcome") != std::string::npos);
}

TEST_CASE("a message of more than two frames is refused, however many there are") {
    RunningHouse house(any_transport());
    RawPeer peer(house.endpoint());
    peer.greet();
    for (int i = 0; i < 1000; ++i) peer.send_frame("{}", true);
    peer.send_frame("{}");
    const auto refused = peer.receive();
    REQUIRE(refused);
    CHECK(refused->at(0).find("wrong_frame_count") != std::string::npos);
}

TEST_CASE("a message that never ends is cut off before it fills the memory") {
    shell::Options options = any_transport();
    options.unread_bytes = 1 << 20;
    RunningHouse house(options);
    Guest guest = house.opened_guest();
    RawPeer flood(house.endpoint());
    flood.greet();
    const std::string piece(64 << 10, 'x');
    const SteadyClock clock;
    const Instant deadline = clock.now() + std::chrono::seconds(20);
    bool cut = false;
    while (!cut && clock.now() < deadline) cut = !flood.send_frame(piece, true);
    CHECK(cut);
    CHECK(house.reaches(guest, "connections_cut_flooding", 1));
}

TEST_CASE("a frame that announces 2^62 bytes ends its connection only") {
    RunningHouse house(any_transport());
    Guest guest = house.opened_guest();
    RawPeer peer(house.endpoint());
    peer.greet();
    peer.write(std::string("\x02\x40\x00\x00\x00\x00\x00\x00\x00", 9));
    CHECK(peer.ends_within());
    CHECK(house.ask(guest, wire::Ping{}).as<wire::Pong>() != nullptr);
}

TEST_CASE("a connection that greets and then says nothing is cut off") {
    shell::Options options = any_transport();
    options.hello_timeout = milliseconds(100);
    RunningHouse house(options);
    Guest guest = house.opened_guest();
    RawPeer mute(house.endpoint());
    mute.greet();
    CHECK(mute.ends_within());
    CHECK(house.reaches(guest, "connections_cut_idle", 1));
}

TEST_CASE("a connection that talks but says no hello is cut off") {
    shell::Options options = any_transport();
    options.hello_timeout = milliseconds(100);
    RunningHouse house(options);
    Guest guest = house.opened_guest();
    RawPeer peer(house.endpoint());
    peer.greet();
    peer.send({R"({"op":"ping"})"});
    CHECK(peer.ends_within());
    CHECK(house.reaches(guest, "connections_no_hello", 1));
}

TEST_CASE("a consumer that vanishes is noticed without waiting for its heartbeat") {
    shell::Options options = any_transport();
    options.core.heartbeat_ms = 600'000;
    options.core.heartbeat_timeout_ms = 1'200'000;
    RunningHouse house(options);
    Guest guest = house.opened_guest();
    wire::DeclareQueue queue;
    queue.queue = "q";
    house.ask(guest, queue);
    house.ask(guest, publish("q", "x"));
    {
        RawPeer consumer(house.endpoint());
        consumer.greet();
        consumer.send({R"({"op":"hello","versions":[1]})"});
        REQUIRE(consumer.receive());
        consumer.send({R"({"op":"consume","queue":"q"})"});
        REQUIRE(consumer.receive());  // ok
        REQUIRE(consumer.receive());  // the message
    }
    CHECK(house.reaches(guest, "requeued", 1));
    wire::Get get;
    get.queue = "q";
    const Heard again = house.ask(guest, get);
    REQUIRE(again.as<wire::Deliver>() != nullptr);
    CHECK(again.as<wire::Deliver>()->messages[0].deliveries == 2);
}

TEST_CASE("what a publisher sent before it vanished still counts") {
    RunningHouse house(any_transport());
    Guest guest = house.opened_guest();
    wire::DeclareQueue queue;
    queue.queue = "q";
    house.ask(guest, queue);
    {
        RawPeer publisher(house.endpoint());
        publisher.greet();
        publisher.send({R"({"op":"hello","versions":[1]})"});
        REQUIRE(publisher.receive());
        for (int i = 0; i < 500; ++i) {
            publisher.send({R"({"op":"publish","exchange":"","key":"q"})", "x"});
        }
    }
    CHECK(house.reaches(guest, "enqueued", 500));
}

TEST_CASE("a peer that reads nothing is given up, and others are served meanwhile") {
    shell::Options options = any_transport();
    options.send_queue = 8;
    options.answer_bytes = 64 << 10;
    RunningHouse house(options);
    Guest guest = house.opened_guest();
    RawPeer deaf(house.endpoint());
    deaf.greet();
    deaf.send({R"({"op":"hello","versions":[1]})"});
    REQUIRE(deaf.receive());
    const std::string request = R"({"op":"status"})";
    const SteadyClock clock;
    const Instant deadline = clock.now() + std::chrono::seconds(30);
    bool cut = false;
    while (!cut && clock.now() < deadline) cut = !deaf.send_frame(request);
    CHECK(cut);
    CHECK(house.reaches(guest, "peers_overfull", 1));
}

TEST_CASE("what all peers together do not read is bounded, and the one with the most is given up") {
    shell::Options options;
    options.answer_bytes = 1 << 30;
    options.output_bytes_all = 8 << 20;
    RunningHouse house(options);
    Guest guest = house.opened_guest();
    std::vector<std::unique_ptr<RawPeer>> deaf;
    for (int i = 0; i < 3; ++i) {
        deaf.push_back(std::make_unique<RawPeer>(house.endpoint()));
        deaf.back()->greet();
        deaf.back()->send({R"({"op":"hello","versions":[1]})"});
        REQUIRE(deaf.back()->receive());
    }
    const std::string request = RawPeer::frame(R"({"op":"status"})");
    const SteadyClock clock;
    const Instant deadline = clock.now() + std::chrono::seconds(30);
    while (house.counter(guest, "peers_overfull") == 0 && clock.now() < deadline) {
        for (int i = 0; i < 500; ++i) {
            for (const auto& peer : deaf) {
                ::send(peer->fd(), request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            }
        }
        CHECK(house.counter(guest, "unread_bytes") <= 2 * options.output_bytes_all);
    }
    CHECK(house.counter(guest, "peers_overfull") >= 1);
    CHECK(house.ask(guest, wire::Ping{}).as<wire::Pong>() != nullptr);
}

TEST_CASE("a peer that names itself is served like any other") {
    RunningHouse house;
    RawPeer named(house.endpoint());
    named.write(RawPeer::greeting() +
                RawPeer::command("READY", std::string("\x0bSocket-Type\0\0\0\x06"
                                                      "DEALER\x08Identity\0\0\0\x03you",
                                                      38)));
    named.send({R"({"op":"hello","versions":[1]})"});
    RawPeer refused(house.endpoint());
    refused.write(RawPeer::greeting() +
                  RawPeer::command("READY", std::string("\x0bSocket-Type\0\0\0\x03PUB", 19)));
    CHECK(refused.ends_within());
    Guest guest = house.opened_guest();
    CHECK(house.reaches(guest, "handshakes_failed", 1));
    CHECK(house.reaches(guest, "connections_open", 2));
}

TEST_CASE("an endpoint that is taken is refused by name") {
    RunningHouse house;
    const auto context = net::Context::make().value();
    const SteadyClock clock;
    shell::Options options;
    options.endpoints = {house.endpoint()};
    const auto second = shell::BrokerLoop::open(options, *context, clock, {}, {});
    REQUIRE_FALSE(second);
    CHECK(second.error().reason.find(house.endpoint()) != std::string::npos);
}

TEST_CASE("a stopped broker has told its clients, and ended, before stop returns") {
    RunningHouse house;
    Guest guest = house.opened_guest();
    house.stop();
    const auto heard = guest.hear();
    REQUIRE(heard);
    CHECK(heard->error_name() == "shutting_down");
}

}  // namespace
}  // namespace zex::test
