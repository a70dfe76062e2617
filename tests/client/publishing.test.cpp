#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/client/live.h"

using namespace zex;
using namespace zex::test;

TEST_CASE("publishes in both envelope forms arrive as they were sent") {
    BrokerProcess broker;
    for (const Envelope form : {Envelope::msgpack, Envelope::json}) {
        Options options = options_for(broker.endpoint());
        options.envelope = form;
        Client client = Client::connect(options).value();
        const std::string queue = client.declare_queue("").value().name;
        Message message{Payload::json({{"n", 1}}, "order", "2.1").value()};
        message.message_id = "m-1";
        message.timestamp_ms = 1234;
        message.headers({{"region", "north"}});
        message.extra_json = R"({"x_later": [1, "two"]})";
        CHECK(client.publish("", queue, message).value().queues == 1);

        Consumer consumer = client.consume(queue).value();
        const Delivery delivery = consumer.next().value();
        CHECK(delivery.bytes() == R"({"n":1})");
        CHECK(delivery.key() == queue);
        CHECK(delivery.type() == "order");
        CHECK(delivery.version() == "2.1");
        CHECK(delivery.message_id() == "m-1");
        CHECK(delivery.headers().at("region") == "north");
        CHECK(delivery.properties().at("timestamp") == 1234);
        CHECK(delivery.properties().at("x_later") == nlohmann::json::parse(R"([1, "two"])"));
        CHECK(delivery.payload().value().value().at("n") == 1);
        CHECK_FALSE(delivery.redelivered());
        CHECK(delivery.ack().ok());
        CHECK(client.close().ok());
    }
}

TEST_CASE("several threads publish at once, and each one's messages arrive in its order") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    const std::string queue = client.declare_queue("").value().name;
    constexpr int threads = 4;
    constexpr int each = 2000;
    std::atomic<int> confirmed{0};
    {
        std::vector<std::jthread> publishers;
        for (int thread = 0; thread < threads; ++thread) {
            publishers.emplace_back([&, thread] {
                std::vector<std::future<Result<Confirmed>>> futures;
                for (int i = 0; i < each; ++i) {
                    const std::string body = std::to_string(thread) + ":" + std::to_string(i);
                    futures.push_back(client.publish_async("", queue, text(body)));
                }
                for (auto& future : futures) confirmed += future.get().value().queues == 1;
            });
        }
    }
    CHECK(confirmed == threads * each);
    ConsumeOptions all;
    all.credit = 1000;
    Consumer consumer = client.consume(queue, all).value();
    std::vector<int> next(threads, 0);
    for (int i = 0; i < threads * each; ++i) {
        const Delivery delivery = consumer.next().value();
        const std::string body(delivery.bytes());
        const auto colon = body.find(':');
        const auto thread = static_cast<std::size_t>(std::stoi(body.substr(0, colon)));
        REQUIRE(std::stoi(body.substr(colon + 1)) == next[thread]++);
        REQUIRE(delivery.ack().ok());
    }
}

TEST_CASE("posted messages are in the broker after a flush") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    const std::string queue = client.declare_queue("").value().name;
    constexpr std::uint64_t count = 50'000;
    for (std::uint64_t i = 0; i < count; ++i) {
        REQUIRE(client.post("", queue, text("payload")).ok());
    }
    client.flush().value();
    CHECK(client.purge(queue).value() == count);
}

TEST_CASE("calls and publishes of several threads take turns on the socket") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("turns").ok());
    constexpr int each = 200;
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                const bool ok =
                    t % 2 == 0 ? client.publish("", "turns", text("x")).ok()
                               : client.ping().ok() && client.post("", "turns", text("y")).ok();
                if (!ok) ++failed;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(client.flush().ok());
    CHECK(client.purge("turns").value() == 4 * each);
}

TEST_CASE("what goes wrong with a publish comes back as an error that names it") {
    BrokerProcess broker;
    Arrivals<Refused> refused;
    Arrivals<Returned> returned;
    Options options = options_for(broker.endpoint());
    options.on_refused = [&](const Refused& one) { refused.add(one); };
    options.on_returned = [&](const Returned& one) { returned.add(one); };
    Client client = Client::connect(options).value();
    PublishOptions mandatory;
    mandatory.mandatory = true;

    CHECK(client.publish("nowhere", "k", text("x")).error().code == ErrorCode::no_such_exchange);
    CHECK(client.publish("", "nobody", text("x"), mandatory).error().code == ErrorCode::unroutable);
    CHECK(client.publish("", "nobody", text("x")).value().queues == 0);
    CHECK(client.publish("a\nb", "k", text("x")).error().code == ErrorCode::bad_name);
    CHECK(client.publish("", "k", text(std::string(2 << 20, 'x'))).error().code ==
          ErrorCode::message_too_large);

    QueueOptions small;
    small.exclusive = true;
    small.max_messages = 1;
    CHECK(client.declare_queue("small", small).ok());
    CHECK(client.publish("", "small", text("fits")).ok());
    CHECK(client.publish("", "small", text("does not")).error().code == ErrorCode::queue_full);

    CHECK(client.post("nowhere", "k", text("x")).ok());
    CHECK(refused.wait(1).at(0).error.code == ErrorCode::no_such_exchange);
    CHECK(client.post("", "nobody", text("back"), mandatory).ok());
    CHECK(returned.wait(1).at(0).message.payload.bytes == "back");
}

TEST_CASE("connecting where nobody listens, or nobody understands, fails in time and says where") {
    BrokerProcess broker;
    Options options = options_for("tcp://127.0.0.1:1");
    options.timeout = Milliseconds(200);
    const auto nobody = Client::connect(options);
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == ErrorCode::not_connected);
    CHECK(nobody.error().reason.find("tcp://127.0.0.1:1") != std::string::npos);

    options.endpoints = {"no endpoint at all"};
    CHECK(Client::connect(options).error().code == ErrorCode::bad_argument);
    options.endpoints = {};
    CHECK(Client::connect(options).error().code == ErrorCode::bad_argument);

    // The second of two endpoints will do.
    options.endpoints = {"tcp://127.0.0.1:1", broker.endpoint()};
    options.timeout = long_enough;
    CHECK(Client::connect(options).ok());
}

TEST_CASE("a closed client refuses every call with client_closed") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    const std::string queue = client.declare_queue("").value().name;
    Consumer consumer = client.consume(queue).value();
    CHECK(client.publish("", queue, text("x")).ok());
    const Delivery delivery = consumer.next().value();
    CHECK(client.close().ok());
    CHECK(client.state() == ConnectionState::closed);
    CHECK(client.publish("", queue, text("x")).error().code == ErrorCode::client_closed);
    CHECK(client.post("", queue, text("x")).error().code == ErrorCode::client_closed);
    CHECK(client.declare_queue("q").error().code == ErrorCode::client_closed);
    CHECK(consumer.next().error().code == ErrorCode::client_closed);
    CHECK(delivery.ack().error().code == ErrorCode::client_closed);
    CHECK(client.close().ok());
}

TEST_CASE("the broker can be looked into, and numbers stay numbers") {
    BrokerProcess broker;
    Options options = options_for(broker.endpoint());
    options.name = "looker";
    Client client = Client::connect(options).value();
    QueueOptions mine;
    mine.exclusive = true;
    CHECK(client.declare_queue("looked-at", mine).ok());
    CHECK(client.publish("", "looked-at", text("seen")).ok());
    const nlohmann::json queues = client.list("queues").value();
    REQUIRE(queues.size() == 1);
    CHECK(queues[0].at("name") == "looked-at");
    CHECK(queues[0].at("ready") == 1);
    CHECK(client.status().value().is_object());
    CHECK(client.explain("", "looked-at").value().is_array());
    CHECK(client.peek("looked-at").value().at(0).at("data") == "seen");
    CHECK(client.list("queues").value()[0].at("ready") == 1);
    CHECK(client.list("nonsense").error().code == ErrorCode::bad_field);
    CHECK(client.ping().ok());
    CHECK_FALSE(client.session().empty());
}

TEST_CASE("a publisher counts its confirms, its unroutable messages and its failures") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    QueueOptions small;
    small.max_messages = 1500;
    REQUIRE(client.declare_queue("small", small).ok());
    Publisher publisher = client.publisher();
    for (int i = 0; i < 2000; ++i) REQUIRE(publisher.publish("", "small", text("x")).ok());
    REQUIRE(publisher.publish("", "nobody", text("x")).ok());
    REQUIRE(publisher.wait().ok());

    const PublishCounts counts = publisher.counts();
    CHECK(counts.published == 2001);
    CHECK(counts.confirmed == 1501);
    CHECK(counts.unroutable == 1);
    CHECK(counts.failed == 500);
    std::uint64_t failed = 0;
    for (const PublishFailure& failure : publisher.take_failures()) {
        CHECK(failure.error.code == ErrorCode::queue_full);
        CHECK(failure.number == 1501 + failed);
        failed += failure.count;
    }
    CHECK(failed == 500);
    CHECK(publisher.take_failures().empty());
}

TEST_CASE("publishers on several threads keep their own counts") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    const std::string queue = client.declare_queue("").value().name;
    constexpr std::uint64_t each = 5000;
    std::vector<Publisher> publishers = {client.publisher(), client.publisher()};
    {
        std::vector<std::jthread> threads;
        for (Publisher& publisher : publishers) {
            threads.emplace_back([&] {
                for (std::uint64_t i = 0; i < each; ++i) {
                    publisher.publish("", queue, text("x")).value();
                }
            });
        }
    }
    for (Publisher& publisher : publishers) {
        REQUIRE(publisher.wait().ok());
        CHECK(publisher.counts().confirmed == each);
        CHECK(publisher.counts().failed == 0);
    }
    CHECK(client.purge(queue).value() == 2 * each);
}

TEST_CASE("a publisher's messages survive a broker that restarts between them") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("q").ok());
    Publisher publisher = client.publisher();
    REQUIRE(publisher.publish("", "q", text("before")).ok());
    REQUIRE(publisher.wait().ok());
    broker.kill();
    REQUIRE(publisher.publish("", "q", text("between")).ok());
    broker.restart();
    REQUIRE(publisher.wait().ok());
    CHECK(publisher.counts().confirmed == 2);
}

TEST_CASE("explain tells that the broker would refuse the message for want of memory") {
    BrokerProcess broker({"--limits-memory-bytes-max", "100000"});
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("q").ok());
    CHECK(client.explain("", "q").value()[0]["takes"] == true);
    Result<Confirmed> last = Confirmed{};
    while (last) last = client.publish("", "q", text(std::string(1000, 'x')));
    CHECK(last.error().code == ErrorCode::memory_full);
    const auto row = client.explain("", "q").value()[0];
    CHECK(row["takes"] == false);
    CHECK(row["reason"].get<std::string>().find("memory_full") != std::string::npos);
}
