// What a client has again after the broker was away, against the real broker.
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/client/live.h"

using namespace zex;
using namespace zex::test;

namespace {

/// Asks again and again until it is so.
template <class Asked>
bool in_time(Asked asked) {
    const auto until = std::chrono::steady_clock::now() + long_enough;
    while (std::chrono::steady_clock::now() < until) {
        if (asked()) return true;
    }
    return false;
}

/// Pings until the client is in conversation again.
bool is_back(Client& client) {
    return in_time([&] { return client.ping().ok(); });
}

bool has_queue(Client& client, const std::string& name) {
    for (const auto& row : client.list("queues").value()) {
        if (row["name"] == name) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a binding comes back when the owner of its exchange does, however late") {
    BrokerProcess broker;
    Client owner = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(owner.declare_exchange("logs").ok());
    Arrivals<StateChange> states;
    Options watched = options_for(broker.endpoint());
    watched.on_state = [&](const StateChange& change) { states.add(change); };
    Client client = Client::connect(watched).value();
    const std::string queue = client.declare_queue("").value().name;
    REQUIRE(client.bind(queue, "logs", {"error"}).ok());
    Consumer errors = client.consume(queue).value();
    CHECK(owner.close().ok());
    states.clear();

    broker.kill();
    broker.restart();
    const auto told = states.wait_until([](const std::vector<StateChange>& seen) {
        for (const StateChange& change : seen) {
            if (change.state == ConnectionState::connected) return true;
        }
        return false;
    });
    CHECK(told.back().error->code == ErrorCode::no_such_exchange);
    states.clear();

    owner = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(owner.declare_exchange("logs").ok());
    const auto all = states.wait(1);
    REQUIRE_FALSE(all.empty());
    CHECK_FALSE(all.back().error);
    CHECK(owner.publish("logs", "error", text("one")).value().queues == 1);
    CHECK(errors.next().value().bytes() == "one");
}

TEST_CASE("a queue that is known to be gone does not come back") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    Client other = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("auto", {.auto_delete = true}).ok());
    REQUIRE(client.consume("auto").value().cancel().ok());
    REQUIRE(client.declare_queue("shared").ok());
    Consumer consumer = client.consume("shared").value();
    REQUIRE(other.delete_queue("shared").ok());
    CHECK(consumer.next().error().code == ErrorCode::queue_deleted);
    REQUIRE(client.declare_queue("kept").ok());

    broker.kill();
    broker.restart();
    REQUIRE(is_back(client));
    REQUIRE(in_time([&] { return has_queue(client, "kept"); }));
    CHECK_FALSE(has_queue(client, "auto"));
    CHECK_FALSE(has_queue(client, "shared"));
}

TEST_CASE("an answer finds its way after a restart, to the queue that reply_to has always named") {
    BrokerProcess broker;
    Client server = Client::connect(options_for(broker.endpoint())).value();
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(server.declare_queue("rpc").ok());
    const Consumer serving =
        server
            .consume("rpc", {},
                     [&](Delivery& request) {
                         (void)server.publish("", request.reply_to(), text("pong"));
                         (void)request.ack();
                     })
            .value();
    const std::string mine = client.declare_queue("").value().name;
    Consumer answers = client.consume(mine).value();
    const auto ask = [&] {
        Message request = text("ping");
        request.reply_to = mine;
        return client.publish("", "rpc", request, {.mandatory = true}).ok() &&
               answers.next(Milliseconds(2000)).ok();
    };
    CHECK(ask());
    broker.kill();
    broker.restart();
    REQUIRE(is_back(server));
    CHECK(in_time(ask));
}

TEST_CASE("a consumer may be dropped and made again under its name, and nothing stays behind") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    const std::string queue = client.declare_queue("q").value().name;
    for (int i = 0; i < 50; ++i) REQUIRE(client.publish("", queue, text("x")).ok());
    for (int i = 0; i < 200; ++i) {
        const Result<Consumer> consumer = client.consume(queue, {.consumer = "a"});
        REQUIRE(consumer.ok());
    }
    // One that was read and not settled is still the program's.
    Delivery held = client.consume(queue, {.consumer = "a"}).value().next().value();
    Consumer last = client.consume(queue, {.consumer = "a"}).value();
    for (int i = 0; i < 49; ++i) CHECK(last.next().value().ack().ok());
    CHECK(last.try_next().value() == std::nullopt);
    CHECK(held.ack().ok());
    CHECK(in_time([&] {
        const auto rows = client.list("queues").value();
        return rows[0]["ready"] == 0 && rows[0]["unacked"] == 0;
    }));
}

TEST_CASE("no client loses its consumer, however often the broker is restarted") {
    const bool whole = std::getenv("ZEX_TORTURE") != nullptr;
    const int clients = whole ? 200 : 20;
    const int restarts = whole ? 30 : 4;
    BrokerProcess broker;
    struct One {
        Client client;
        std::string queue;
        Consumer consumer;
    };
    std::vector<One> all;
    Client owner = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(owner.declare_exchange("logs").ok());
    for (int i = 0; i < clients; ++i) {
        Client client = Client::connect(options_for(broker.endpoint())).value();
        const std::string queue = client.declare_queue("").value().name;
        REQUIRE(client.bind(queue, "logs", {"k"}).ok());
        Consumer consumer = client.consume(queue).value();
        all.push_back({std::move(client), queue, std::move(consumer)});
    }
    for (int round = 0; round < restarts; ++round) {
        broker.kill();
        broker.restart();
        // Now and then it is gone again while they are coming back.
        if (round % 2 == 1) {
            REQUIRE(is_back(all[0].client));
            broker.kill();
            broker.restart();
        }
    }
    REQUIRE(in_time([&] {
        const auto confirmed = owner.publish("logs", "k", text("all"));
        return confirmed && confirmed->queues == static_cast<std::uint64_t>(clients);
    }));
    for (One& one : all) {
        for (;;) {
            const Delivery delivery = one.consumer.next().value();
            CHECK(delivery.ack().ok());
            if (delivery.bytes() == "all") break;
        }
    }
}
