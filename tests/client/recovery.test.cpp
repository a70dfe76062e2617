#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/client/live.h"
#include "tests/client/tcp_proxy.h"

using namespace zex;
using namespace zex::test;

namespace {

using States = Arrivals<StateChange>;

Options watched(const std::string& endpoint, States& states) {
    Options options = options_for(endpoint);
    options.on_state = [&states](const StateChange& change) { states.add(change); };
    return options;
}

/// Waits until the client has been in this state.
bool reached(States& states, ConnectionState state) {
    const auto seen = states.wait_until([state](const std::vector<StateChange>& changes) {
        for (const StateChange& change : changes) {
            if (change.state == state) return true;
        }
        return false;
    });
    for (const StateChange& change : seen) {
        if (change.state == state) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a cut connection is resumed: same session, same queue, unacked messages come again") {
    BrokerProcess broker;
    TcpProxy proxy(broker.endpoint());
    States states;
    Client client = Client::connect(watched(proxy.endpoint(), states)).value();
    const std::string session = client.session();
    const std::string queue = client.declare_queue("").value().name;
    Consumer consumer = client.consume(queue).value();
    REQUIRE(client.publish("", queue, text("one")).ok());
    REQUIRE(client.publish("", queue, text("two")).ok());
    const Delivery before = consumer.next().value();

    proxy.cut();
    REQUIRE(reached(states, ConnectionState::resumed));
    CHECK(client.session() == session);
    CHECK(before.ack().ok());
    const Delivery one = consumer.next().value();
    CHECK(one.bytes() == "one");
    CHECK(one.redelivered());
    CHECK(one.ack().ok());
    CHECK(consumer.next().value().bytes() == "two");
    CHECK(client.publish("", queue, text("three")).value().queues == 1);
    CHECK(consumer.next().value().bytes() == "three");
    CHECK(client.close().ok());
}

TEST_CASE("publishes under way when the connection is cut are confirmed after it is mended") {
    BrokerProcess broker;
    TcpProxy proxy(broker.endpoint());
    States states;
    Client client = Client::connect(watched(proxy.endpoint(), states)).value();
    const std::string queue = client.declare_queue("").value().name;
    constexpr int count = 20'000;
    std::vector<std::future<Result<Confirmed>>> futures;
    for (int i = 0; i < count; ++i) {
        futures.push_back(client.publish_async("", queue, text(std::to_string(i))));
        if (i % 5000 == 2500) proxy.cut();
    }
    for (auto& future : futures) REQUIRE(future.get().value().queues == 1);

    // Each is there, and the first arrivals are in order.
    ConsumeOptions many;
    many.credit = 10'000;
    Consumer consumer = client.consume(queue, many).value();
    int next = 0;
    while (next < count) {
        const Delivery delivery = consumer.next().value();
        const int number = std::stoi(std::string(delivery.bytes()));
        REQUIRE(number <= next);
        next = std::max(next, number + 1);
        REQUIRE(delivery.ack().ok());
    }
}

TEST_CASE("a killed broker that comes back gets queues, bindings and consumers anew") {
    BrokerProcess broker;
    States states;
    Client client = Client::connect(watched(broker.endpoint(), states)).value();
    REQUIRE(client.declare_exchange("logs").ok());
    const std::string queue = client.declare_queue("").value().name;
    REQUIRE(client.bind(queue, "logs", {"error"}).ok());
    Consumer consumer = client.consume(queue).value();
    Arrivals<std::string> heard;
    REQUIRE(client.declare_queue("shared").ok());
    const Consumer listener = client
                                  .consume("shared", {},
                                           [&](Delivery& delivery) {
                                               heard.add(std::string(delivery.bytes()));
                                               delivery.ack().value();
                                           })
                                  .value();
    states.clear();

    broker.kill();
    auto during = client.publish_async("logs", "error", text("while away"));
    broker.restart();
    REQUIRE(reached(states, ConnectionState::connected));

    // What was published while the broker was away arrives too.
    CHECK(during.get().value().queues == 1);
    CHECK(consumer.next().value().bytes() == "while away");
    CHECK(client.publish("logs", "error", text("back")).value().queues == 1);
    CHECK(consumer.next().value().bytes() == "back");

    // The temporary queue has a new name there; here the old one is still good.
    CHECK(client.publish("", queue, text("old name")).value().queues == 1);
    CHECK(consumer.next().value().bytes() == "old name");
    CHECK(client.publish("", "shared", text("callback")).value().queues == 1);
    CHECK(heard.wait(1).at(0) == "callback");
}

TEST_CASE("a broker that is terminated says goodbye, and is come back to") {
    BrokerProcess broker;
    States states;
    Client client = Client::connect(watched(broker.endpoint(), states)).value();
    states.clear();
    CHECK(broker.terminate() == 0);
    REQUIRE(reached(states, ConnectionState::connecting));
    broker.restart();
    REQUIRE(reached(states, ConnectionState::connected));
    CHECK(client.ping().ok());
}

TEST_CASE("a session whose grace has run out is replaced, and what it needs is made anew") {
    BrokerProcess broker;
    TcpProxy proxy(broker.endpoint());
    States states;
    Options options = watched(proxy.endpoint(), states);
    options.grace = Milliseconds(0);
    Client client = Client::connect(options).value();
    const std::string session = client.session();
    const std::string queue = client.declare_queue("").value().name;
    Consumer consumer = client.consume(queue).value();
    Client other = Client::connect(options_for(broker.endpoint())).value();
    states.clear();
    proxy.refuse(true);
    proxy.cut();
    REQUIRE(reached(states, ConnectionState::connecting));
    while (other.list("sessions").value().size() > 1) continue;
    proxy.refuse(false);
    REQUIRE(reached(states, ConnectionState::connected));
    CHECK(client.session() != session);
    CHECK(client.publish("", queue, text("again")).value().queues == 1);
    CHECK(consumer.next().value().bytes() == "again");
}

TEST_CASE("calls fail at their deadline while the broker is away, and say so") {
    BrokerProcess broker;
    States states;
    Options options = watched(broker.endpoint(), states);
    options.timeout = Milliseconds(2000);
    Client client = Client::connect(options).value();
    states.clear();
    broker.kill();
    REQUIRE(reached(states, ConnectionState::connecting));
    PublishOptions soon;
    soon.timeout = Milliseconds(20);
    CHECK(client.publish("", "q", text("x"), soon).error().code == ErrorCode::not_connected);
    CHECK(client.flush(Milliseconds(20)).error().code == ErrorCode::not_connected);
    CHECK(client.close(Milliseconds(20)).error().code == ErrorCode::not_connected);
    CHECK(client.state() == ConnectionState::closed);
}

TEST_CASE("the reconnect limit closes the client") {
    BrokerProcess broker;
    States states;
    Options options = watched(broker.endpoint(), states);
    options.reconnect.attempts = 3;
    Client client = Client::connect(options).value();
    const std::string queue = client.declare_queue("").value().name;
    Consumer consumer = client.consume(queue).value();
    broker.kill();
    REQUIRE(reached(states, ConnectionState::closed));
    CHECK(consumer.next().error().code == ErrorCode::client_closed);
    CHECK(client.publish("", queue, text("x")).error().code == ErrorCode::client_closed);
}

TEST_CASE("with a killed consumer's messages another client goes on, none lost") {
    BrokerProcess broker;
    Client publisher = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(publisher.declare_queue("tasks").ok());
    constexpr int count = 1000;
    for (int i = 0; i < count; ++i) {
        REQUIRE(publisher.post("", "tasks", text(std::to_string(i))).ok());
    }
    REQUIRE(publisher.flush().ok());
    std::set<std::string> acked;
    Client survivor = Client::connect(options_for(broker.endpoint())).value();
    {
        TcpProxy proxy(broker.endpoint());
        Client victim = Client::connect(options_for(proxy.endpoint())).value();
        Consumer consumer = victim.consume("tasks").value();
        for (int i = 0; i < 50; ++i) REQUIRE(consumer.next().ok());
        proxy.refuse(true);
        proxy.cut();
        ConsumeOptions wide;
        wide.credit = 2000;
        Consumer rest = survivor.consume("tasks", wide).value();
        bool redelivered = false;
        while (acked.size() < count) {
            const Delivery delivery = rest.next().value();
            redelivered |= delivery.redelivered();
            acked.insert(std::string(delivery.bytes()));
            REQUIRE(delivery.ack().ok());
        }
        CHECK(redelivered);
    }
    CHECK(acked.size() == count);
}
