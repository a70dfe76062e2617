#include "broker/core/turn.h"

#include <catch2/catch.hpp>

#include "broker/core/consumer.h"
#include "broker/core/queue.h"
#include "broker/core/session.h"

namespace zex::core {
namespace {

struct Fixture {
    Fixture() {
        for (Session* session : {&first, &second, &third}) session->connection = ConnectionId(1);
    }
    MemoryGauge memory;
    Queue queue{QueueId(1), "q", {}, {}, memory};
    Session first, second, third;
    Consumer a{ConsumerId(1), "a", first, queue, {1, 1, false, false}};
    Consumer b{ConsumerId(2), "b", second, queue, {1, 1, false, false}};
    Consumer c{ConsumerId(3), "c", third, queue, {1, 1, false, false}};
    FairTurn turn;
};

}  // namespace

TEST_CASE("consumers take turns in the order in which they lined up", "[turn]") {
    Fixture f;
    for (Consumer* consumer : {&f.a, &f.b, &f.c}) f.turn.offer(*consumer);
    for (Consumer* expected : {&f.a, &f.b, &f.c, &f.a}) {
        CHECK(f.turn.first() == expected);
        f.turn.pass();
    }
}

TEST_CASE("nobody stands in line twice", "[turn]") {
    Fixture f;
    f.turn.offer(f.a);
    f.turn.offer(f.a);
    CHECK(f.turn.size() == 1);
}

TEST_CASE("one that cannot take a message does not line up", "[turn]") {
    Fixture f;
    f.first.blocked = true;
    f.turn.offer(f.a);
    CHECK(f.turn.size() == 0);
    CHECK(f.turn.first() == nullptr);
}

TEST_CASE("one that no longer can take a message loses its place until it is offered", "[turn]") {
    Fixture f;
    f.turn.offer(f.a);
    f.turn.offer(f.b);
    f.first.blocked = true;
    CHECK(f.turn.first() == &f.b);
    f.first.blocked = false;
    CHECK(f.turn.first() == &f.b);
    f.turn.offer(f.a);
    f.turn.pass();
    CHECK(f.turn.first() == &f.a);
}

TEST_CASE("one that is removed is passed over, wherever it stood", "[turn]") {
    Fixture f;
    for (Consumer* consumer : {&f.a, &f.b, &f.c}) f.turn.offer(*consumer);
    f.turn.remove(f.b);
    f.turn.remove(f.b);
    CHECK(f.turn.first() == &f.a);
    f.turn.pass();
    CHECK(f.turn.first() == &f.c);
    f.turn.offer(f.b);
    CHECK(f.turn.size() == 3);
}

}  // namespace zex::core
