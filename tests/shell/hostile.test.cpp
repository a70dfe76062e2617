#include <string>

#include <catch2/catch.hpp>

#include "tests/shell/house.h"
#include "tests/support/raw_peer.h"

namespace zex::test {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a telnet client that types garbage is counted and disturbs nobody") {
    RunningHouse house;
    Guest guest = house.opened_guest();
    RawPeer telnet(house.endpoint());
    telnet.write("HELO broker, are you there? I have no idea what ZMTP is.\r\n");
    CHECK(telnet.ends_within());
    CHECK(house.reaches(guest, "handshakes_failed", 1));
}

TEST_CASE("a client with the wrong socket type is counted and disturbs nobody") {
    RunningHouse house;
    Guest guest = house.opened_guest();
    RawPeer peer(house.endpoint());
    peer.greet("PUSH");
    CHECK(peer.ends_within());
    CHECK(house.reaches(guest, "connections_closed_before_hello", 1));
}

TEST_CASE("a REQ client's message is refused by name") {
    RunningHouse house;
    Guest guest = house.opened_guest();
    RawPeer peer(house.endpoint());
    peer.greet("REQ");
    peer.send({"", R"({"op":"ping"})"});
    CHECK(house.reaches(guest, "bad_input_malformed", 1));
}

TEST_CASE("a peer written by hand can open a session") {
    RunningHouse house;
    RawPeer peer(house.endpoint());
    peer.greet();
    peer.send({R"({"op":"hello","versions":[1]})"});
    const auto welcome = peer.receive();
    REQUIRE(welcome);
    CHECK(welcome->at(0).find("welcome") != std::string::npos);
}

TEST_CASE("a message of more than two frames is refused, however many there are") {
    RunningHouse house;
    RawPeer peer(house.endpoint());
    peer.greet();
    for (int i = 0; i < 1000; ++i) peer.send_frame("{}", true);
    peer.send_frame("{}");
    const auto refused = peer.receive();
    REQUIRE(refused);
    CHECK(refused->at(0).find("wrong_frame_count") != std::string::npos);
}

TEST_CASE("a message that never ends is cut off before it fills the memory") {
    shell::Options options;
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
    RunningHouse house;
    Guest guest = house.opened_guest();
    RawPeer peer(house.endpoint());
    peer.greet();
    peer.write(std::string("\x02\x40\x00\x00\x00\x00\x00\x00\x00", 9));
    CHECK(peer.ends_within());
    CHECK(house.ask(guest, wire::Ping{}).as<wire::Pong>() != nullptr);
}

TEST_CASE("a connection that greets and then says nothing is cut off") {
    shell::Options options;
    options.hello_timeout = milliseconds(100);
    RunningHouse house(options);
    Guest guest = house.opened_guest();
    RawPeer mute(house.endpoint());
    mute.greet();
    CHECK(mute.ends_within());
    CHECK(house.reaches(guest, "connections_cut_idle", 1));
}

TEST_CASE("a connection that talks but says no hello is cut off") {
    shell::Options options;
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
    shell::Options options;
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
    RunningHouse house;
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
    shell::Options options;
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
