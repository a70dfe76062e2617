#include <string>

#include <catch2/catch.hpp>

#include "tests/shell/house.h"

namespace zex::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

wire::DeclareQueue queue(const std::string& name) {
    wire::DeclareQueue operation;
    operation.queue = name;
    return operation;
}

wire::Consume consume(const std::string& name) {
    wire::Consume operation;
    operation.queue = name;
    return operation;
}

TEST_CASE("hello, declare, publish, consume and deliver, a step at a time") {
    for (const auto form : {wire::Form::json, wire::Form::msgpack}) {
        SteppedHouse house;
        Guest guest = house.guest(form);
        const Heard welcome = house.ask(guest, hello());
        REQUIRE(welcome.as<wire::Welcome>() != nullptr);
        CHECK(welcome.as<wire::Welcome>()->epoch == 1);
        CHECK(house.ask(guest, queue("q"), 2).as<wire::Ok>() != nullptr);

        const Heard confirm = house.ask(guest, publish("q", "payload"), 3);
        REQUIRE(confirm.as<wire::Confirm>() != nullptr);
        CHECK(confirm.reply.id == 3u);
        CHECK(confirm.as<wire::Confirm>()->queues == 1);

        CHECK(house.ask(guest, consume("q"), 4).as<wire::Ok>() != nullptr);
        const auto delivery = house.hear(guest);
        REQUIRE(delivery);
        const auto* deliver = delivery->as<wire::Deliver>();
        REQUIRE(deliver != nullptr);
        REQUIRE(deliver->messages.size() == 1);
        CHECK(deliver->messages[0].payload == "payload");
    }
}

TEST_CASE("what several publishers send in one turn reaches a consumer as one batch") {
    SteppedHouse house;
    Guest consumer = house.guest();
    Guest publisher = house.guest();
    house.ask(consumer, hello());
    house.ask(publisher, hello());
    house.ask(consumer, queue("q"));
    house.ask(consumer, consume("q"));
    for (int i = 0; i < 5; ++i) publisher.send(publish("q", "x"));
    const auto delivery = house.hear(consumer);
    REQUIRE(delivery);
    CHECK(delivery->as<wire::Deliver>()->messages.size() == 5);
}

TEST_CASE("every operation before hello is answered with hello_required") {
    SteppedHouse house;
    Guest guest = house.guest();
    for (const wire::Operation& operation :
         {wire::Operation(wire::Ping{}), wire::Operation(queue("q")),
          wire::Operation(wire::List{"queues"}), wire::Operation(wire::StatusRequest{}),
          wire::Operation(wire::Close{})}) {
        const Heard heard = house.ask(guest, operation, 9);
        CHECK(heard.error_name() == "hello_required");
        CHECK(heard.reply.id == 9u);
    }
    CHECK(house.ask(guest, hello()).as<wire::Welcome>() != nullptr);
}

TEST_CASE("a refused envelope is answered, and the session goes on") {
    SteppedHouse house;
    Guest guest = house.guest(wire::Form::json);
    house.ask(guest, hello());
    guest.send_frames({R"({"op":"bind","id":5,"queue":"q"})"});
    const auto refused = house.hear(guest);
    REQUIRE(refused);
    CHECK(refused->error_name() == "missing_field");
    CHECK(refused->reply.id == 5u);
    guest.send_frames({"{}", "", ""});
    CHECK(house.hear(guest)->error_name() == "wrong_frame_count");
    CHECK(house.ask(guest, wire::Ping{}).as<wire::Pong>() != nullptr);
}

TEST_CASE("a peer hears a ping every heartbeat in which nothing else is sent") {
    SteppedHouse house;
    Guest guest = house.guest();
    house.ask(guest, hello());
    house.pass(milliseconds(4999));
    CHECK_FALSE(guest.hear_now());
    house.pass(milliseconds(1));
    const auto heard = guest.hear_now();
    REQUIRE(heard);
    CHECK(heard->as<wire::Ping>() != nullptr);
}

TEST_CASE("a peer that is silent beyond its time-out is told goodbye and its session suspended") {
    SteppedHouse house;
    Guest guest = house.guest();
    house.ask(guest, hello());
    house.ask(guest, queue("q"));
    house.ask(guest, publish("q", "x"));
    house.ask(guest, consume("q"));
    REQUIRE(house.hear(guest)->as<wire::Deliver>() != nullptr);

    house.pass(seconds(15));
    CHECK(house.loop->core().counters().sessions_suspended == 1);
    CHECK(house.loop->core().counters().requeued == 1);
    std::string last;
    while (const auto heard = guest.hear_now()) last = heard->error_name();
    CHECK(last == "heartbeat_missed");

    CHECK(house.ask(guest, wire::Ping{}).error_name() == "hello_required");
    house.pass(seconds(30));
    CHECK(house.loop->core().counters().sessions_ended == 1);
}

TEST_CASE("a peer that answers pings keeps its session for ever") {
    SteppedHouse house;
    Guest guest = house.guest();
    house.ask(guest, hello());
    for (int i = 0; i < 20; ++i) {
        house.pass(seconds(5));
        guest.send(wire::Pong{});
    }
    house.settle();
    CHECK(house.loop->core().counters().sessions_suspended == 0);
}

TEST_CASE("a session is resumed on another connection, and the first is told") {
    SteppedHouse house;
    Guest first = house.guest();
    const Heard welcome = house.ask(first, hello());
    Guest second = house.guest();
    wire::Hello again = hello();
    again.token = welcome.as<wire::Welcome>()->token;
    const Heard resumed = house.ask(second, again);
    REQUIRE(resumed.as<wire::Welcome>() != nullptr);
    CHECK(resumed.as<wire::Welcome>()->resumed);
    CHECK(resumed.as<wire::Welcome>()->epoch == 2);
    CHECK(house.hear(first)->error_name() == "session_taken");
    CHECK(house.ask(first, wire::Ping{}).error_name() == "hello_required");
}

TEST_CASE("a hello beyond the limit of connections is refused until one is free") {
    shell::Options options;
    options.connections = 1;
    SteppedHouse house(options);
    Guest first = house.guest();
    Guest second = house.guest();
    house.ask(first, hello());
    CHECK(house.ask(second, hello()).error_name() == "limit_reached");
    CHECK(house.ask(first, wire::Close{}).as<wire::Ok>() != nullptr);
    CHECK(house.ask(second, hello()).as<wire::Welcome>() != nullptr);
}

TEST_CASE("a look is answered by the broker that it looks at") {
    SteppedHouse house;
    Guest guest = house.guest();
    house.ask(guest, hello());
    house.ask(guest, queue("jobs"));
    const Heard rows = house.ask(guest, wire::List{"queues"});
    REQUIRE(rows.as<wire::Ok>() != nullptr);
    CHECK(rows.as<wire::Ok>()->rows.find("jobs") != std::string::npos);
    const Heard status = house.ask(guest, wire::StatusRequest{});
    REQUIRE(status.as<wire::Ok>() != nullptr);
    CHECK(status.as<wire::Ok>()->rows.find("bad_input_malformed") != std::string::npos);
}

TEST_CASE("a broker that polls busily sees its guests, its deadlines and the wish to stop") {
    shell::Options options;
    options.busy_poll = std::chrono::hours(1);
    options.hello_timeout = milliseconds(50);
    RunningHouse house(options);
    Guest mute = house.guest();
    mute.send(wire::Ping{}, 1);
    Guest guest = house.opened_guest();
    CHECK(house.ask(guest, wire::Ping{}).as<wire::Pong>() != nullptr);
    CHECK(house.reaches(guest, "connections_no_hello", 1));
    house.stop();
    CHECK(guest.hear()->error_name() == "shutting_down");
}

TEST_CASE("a step that may not wait does not poll busily either") {
    shell::Options options;
    options.busy_poll = std::chrono::hours(1);
    SteppedHouse house(options);
    Guest guest = house.guest();
    CHECK(house.ask(guest, hello()).as<wire::Welcome>() != nullptr);
    house.settle();
}

TEST_CASE("stopping tells every client goodbye and ends the steps") {
    SteppedHouse house;
    Guest guest = house.guest();
    house.ask(guest, hello());
    house.loop->stop();
    CHECK_FALSE(house.loop->step(Duration(0)));
    CHECK(guest.hear()->error_name() == "shutting_down");
    CHECK_FALSE(house.loop->step(Duration(0)));
}

}  // namespace
}  // namespace zex::test
