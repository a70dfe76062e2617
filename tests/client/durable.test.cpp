// Durable queues through the library, against a real broker with a data directory.
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/client/live.h"
#include "tests/support/temporary_directory.h"

using namespace zex;
using namespace zex::test;

namespace {

struct House {
    TemporaryDirectory directory;
    BrokerProcess broker{{"--data-dir", directory.path}};
};

QueueOptions durable(const std::string& durability = {}) {
    QueueOptions options;
    options.durable = true;
    options.durability = durability;
    return options;
}

ExchangeOptions durable_exchange() {
    ExchangeOptions options;
    options.durable = true;
    return options;
}

}  // namespace

TEST_CASE("a durable queue is declared with what its confirms promise") {
    House house;
    Client client = Client::connect(options_for(house.broker.endpoint())).value();
    REQUIRE(client.declare_queue("plain", durable()).ok());
    REQUIRE(client.declare_queue("soon", durable("interval 250")).ok());
    REQUIRE(client.declare_queue("memory").ok());
    REQUIRE(client.declare_exchange("logs", durable_exchange()).ok());

    const nlohmann::json queues = client.list("queues").value();
    REQUIRE(queues.size() == 3);
    for (const nlohmann::json& row : queues) {
        const std::string name = row.at("name");
        INFO(name);
        CHECK(row.at("type") == (name == "memory" ? "transient" : "durable"));
        CHECK(row.at("durability") == (name == "plain"  ? "sync"
                                       : name == "soon" ? "interval 250"
                                                        : ""));
    }
    const nlohmann::json exchanges = client.list("exchanges").value();
    for (const nlohmann::json& row : exchanges) {
        if (row.at("name") == "logs") CHECK(row.at("durable") == true);
    }
}

TEST_CASE("what cannot be durable is refused, and says why") {
    House house;
    Client client = Client::connect(options_for(house.broker.endpoint())).value();
    const auto unnamed = client.declare_queue("", durable());
    REQUIRE_FALSE(unnamed);
    CHECK(unnamed.error().field == "durable");
    const auto mistyped = client.declare_queue("q", durable("allways"));
    REQUIRE_FALSE(mistyped);
    CHECK(mistyped.error().field == "durability");

    BrokerProcess forgetful;
    Client other = Client::connect(options_for(forgetful.endpoint())).value();
    const auto nowhere = other.declare_queue("q", durable());
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().field == "durable");
    CHECK(nowhere.error().reason.find("data directory") != std::string::npos);
    CHECK(other.backup("b").error().code == ErrorCode::not_permitted);
}

TEST_CASE("a client goes on after the broker was killed: its durable queue has all its messages") {
    House house;
    Client client = Client::connect(options_for(house.broker.endpoint())).value();
    REQUIRE(client.declare_exchange("logs", durable_exchange()).ok());
    REQUIRE(client.declare_queue("q", durable()).ok());
    REQUIRE(client.bind("q", "logs", {"error"}).ok());
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client.publish("logs", "error", text(std::to_string(i))).value().queues == 1);
    }
    Consumer consumer = client.consume("q").value();
    const Delivery first = consumer.next().value();
    CHECK(first.bytes() == "0");
    CHECK_FALSE(first.redelivered());

    house.broker.kill();
    house.broker.restart();

    // Deliveries of before may still wait here; then they come anew, from the first on, flagged.
    std::uint64_t next = 0;
    while (next < 100) {
        const Delivery delivery = consumer.next().value();
        const std::uint64_t number = std::stoull(std::string(delivery.bytes()));
        if (number == 0) {
            CHECK(delivery.redelivered());
            next = 0;
        }
        REQUIRE(number == next);
        ++next;
        REQUIRE(delivery.ack().ok());
    }
    CHECK(client.publish("logs", "error", text("after")).value().queues == 1);
    CHECK(consumer.next().value().bytes() == "after");
}

TEST_CASE("a backup is made while the broker runs, and only once under one name") {
    House house;
    Client client = Client::connect(options_for(house.broker.endpoint())).value();
    REQUIRE(client.declare_queue("q", durable()).ok());
    REQUIRE(client.publish("", "q", text("kept")).ok());
    REQUIRE(client.backup("friday", long_enough).ok());
    CHECK(client.backup("friday").error().code == ErrorCode::not_empty);
    CHECK(client.backup("../friday").error().code == ErrorCode::bad_name);

    BrokerProcess copy({"--data-dir", house.directory.path + "/backups/friday"});
    Client restored = Client::connect(options_for(copy.endpoint())).value();
    CHECK(restored.get("q").value()->bytes() == "kept");
}
