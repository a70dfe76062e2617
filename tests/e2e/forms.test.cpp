// JSON and MessagePack clients understand each other; what the broker does not know arrives.
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/dealer.h"

using nlohmann::json;
using namespace zex::test;

namespace {

json with_op(const char* op, json fields) {
    fields["op"] = op;
    return fields;
}

/// Asks in the given form: the first operation decides what form the session speaks.
Heard ask(Dealer& client, bool as_json, const json& envelope,
          std::optional<std::string> body = {}) {
    return as_json ? client.ask(envelope, std::move(body))
                   : client.ask_msgpack(envelope, std::move(body));
}

}  // namespace

TEST_CASE("a publisher and a consumer of different forms see the same message") {
    BrokerProcess broker;
    for (const auto& [from_json, to_json] : {std::pair(true, true), std::pair(true, false),
                                             std::pair(false, true), std::pair(false, false)}) {
        INFO((from_json ? "from JSON" : "from MessagePack"));
        INFO((to_json ? "to JSON" : "to MessagePack"));
        Dealer publisher(broker.endpoint());
        Dealer consumer(broker.endpoint());
        ask(publisher, from_json, {{"op", "hello"}, {"versions", {1}}});
        ask(consumer, to_json, {{"op", "hello"}, {"versions", {1}}});
        const std::string queue =
            ask(consumer, to_json, {{"op", "declare_queue"}, {"exclusive", true}})
                .envelope.at("queue");
        ask(consumer, to_json, {{"op", "consume"}, {"queue", queue}, {"consumer", "c"}});

        const json properties = {{"type", "order"},
                                 {"version", "2.1"},
                                 {"content_type", "application/octet-stream"},
                                 {"message_id", "m-1"},
                                 {"headers", {{"tenant", "ü"}, {"retries", -3}, {"ratio", 0.5}}},
                                 {"a_field_of_tomorrow", {1, nullptr, {{"deep", true}}}}};
        json publish = with_op("publish", properties);
        publish.update({{"id", 7}, {"exchange", ""}, {"key", queue}});
        const std::string body("\x00\xff{]\n", 5);
        const Heard confirm = ask(publisher, from_json, publish, body);
        CHECK(confirm.op() == "confirm");
        CHECK(confirm.envelope.at("queues") == 1);

        const auto delivery = consumer.hear();
        REQUIRE(delivery);
        CHECK(delivery->op() == "deliver");
        CHECK(delivery->body == body);
        CHECK(delivery->envelope.at("key") == queue);
        for (const auto& [name, value] : properties.items()) {
            CHECK(delivery->envelope.at(name) == value);
        }
        CHECK_FALSE(delivery->envelope.contains("redelivered"));
    }
}

TEST_CASE("a payload can stand in the envelope, going in and coming out") {
    BrokerProcess broker;
    Dealer client(broker.endpoint());
    client.hello();
    client.ask({{"op", "declare_queue"}, {"queue", "q"}});
    client.ask({{"op", "consume"}, {"queue", "q"}, {"consumer", "c"}, {"data", true}});
    const std::vector<json> values = {"text", {{"a", 1}}, {1, 2}, 12.5, true, nullptr};
    for (const json& value : values) {
        client.send_json({{"op", "publish"}, {"exchange", ""}, {"key", "q"}, {"data", value}});
        const auto delivery = client.hear();
        REQUIRE(delivery);
        CHECK(delivery->envelope.at("data") == value);
        CHECK_FALSE(delivery->body);
    }
}

TEST_CASE("a batch goes to a client that knows batches as one, and to another one by one") {
    BrokerProcess broker;
    Dealer knows(broker.endpoint());
    Dealer does_not(broker.endpoint());
    knows.hello({{"batch", true}});
    does_not.hello();
    for (Dealer* client : {&knows, &does_not}) {
        const std::string queue =
            client->ask({{"op", "declare_queue"}, {"exclusive", true}}).envelope.at("queue");
        client->ask({{"op", "declare_exchange"}, {"exchange", "x"}});
        client->ask({{"op", "bind"}, {"queue", queue}, {"exchange", "x"}, {"key", {"a", "b"}}});
        client->ask({{"op", "consume"}, {"queue", queue}, {"consumer", "c"}});
    }
    Dealer publisher(broker.endpoint());
    publisher.hello();
    const Heard confirm = publisher.ask(
        {{"op", "publish"},
         {"id", 10},
         {"exchange", "x"},
         {"key", "a"},
         {"type", "t"},
         {"messages", {3, {{"size", 0}, {"key", "b"}}, {{"size", 2}, {"type", "u"}}}}},
        "onetw");
    CHECK(confirm.envelope.at("id") == 10);
    CHECK(confirm.envelope.at("count") == 3);
    CHECK(confirm.envelope.at("queues") == 2);

    const auto batch = knows.hear();
    REQUIRE(batch);
    CHECK(batch->body == "onetw");
    CHECK(batch->envelope.at("messages").size() == 3);
    const std::vector<std::string> keys = {"a", "b", "a"};
    const std::vector<std::string> types = {"t", "t", "u"};
    const std::vector<std::string> bodies = {"one", "", "tw"};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto single = does_not.hear();
        REQUIRE(single);
        CHECK_FALSE(single->envelope.contains("messages"));
        CHECK(single->envelope.at("tag") == i + 1);
        CHECK(single->envelope.at("key") == keys[i]);
        CHECK(single->envelope.at("type") == types[i]);
        CHECK(single->body.value_or("") == bodies[i]);
    }
}
