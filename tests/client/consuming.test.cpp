#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/client/live.h"

using namespace zex;
using namespace zex::test;

namespace {

/// A client with a temporary queue that holds some messages.
struct Filled {
    explicit Filled(int messages)
        : client(Client::connect(options_for(broker.endpoint())).value()) {
        queue = client.declare_queue("").value().name;
        for (int i = 0; i < messages; ++i) {
            client.post("", queue, text(std::to_string(i))).value();
        }
        client.flush().value();
    }
    BrokerProcess broker;
    Client client;
    std::string queue;
};

}  // namespace

TEST_CASE("a callback gets every message, in order, and may publish and settle from there") {
    Filled filled(100);
    Arrivals<std::string> heard;
    const std::string echo = filled.client.declare_queue("").value().name;
    Consumer consumer = filled.client
                            .consume(filled.queue, {},
                                     [&](Delivery& delivery) {
                                         heard.add(std::string(delivery.bytes()));
                                         filled.client.publish("", echo, text("heard")).value();
                                         delivery.ack().value();
                                     })
                            .value();
    const auto all = heard.wait(100);
    REQUIRE(all.size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK(all[i] == std::to_string(i));
}

TEST_CASE("iteration ends when the consumer is cancelled") {
    Filled filled(3);
    Consumer consumer = filled.client.consume(filled.queue).value();
    int count = 0;
    for (Delivery& delivery : consumer) {
        CHECK(delivery.ack().ok());
        if (++count == 3) CHECK(consumer.cancel().ok());
    }
    CHECK(count == 3);
}

TEST_CASE("iteration ends when the client is closed from another thread") {
    Filled filled(1);
    Consumer consumer = filled.client.consume(filled.queue).value();
    std::jthread closer;
    int count = 0;
    for (Delivery& delivery : consumer) {
        ++count;
        CHECK(delivery.ack().ok());
        closer = std::jthread([&] { filled.client.close().value(); });
    }
    CHECK(count == 1);
}

TEST_CASE("a cancelled consumer's unread messages go to others, its read ones may be acked") {
    Filled filled(10);
    Consumer first = filled.client.consume(filled.queue).value();
    const Delivery held = first.next().value();
    CHECK(first.cancel().ok());
    CHECK(first.next().error().code == ErrorCode::no_such_consumer);
    Consumer second = filled.client.consume(filled.queue).value();
    for (int i = 1; i < 10; ++i) {
        const Delivery delivery = second.next().value();
        CHECK(delivery.bytes() == std::to_string(i));
        CHECK(delivery.ack().ok());
    }
    CHECK(held.ack().ok());
    CHECK(second.cancel().ok());
    CHECK(filled.client.purge(filled.queue).value() == 0);
}

TEST_CASE("a consumer whose last copy is gone stops taking messages") {
    Filled filled(5);
    { const Consumer forgotten = filled.client.consume(filled.queue).value(); }
    Consumer consumer = filled.client.consume(filled.queue).value();
    std::set<std::string> got;
    for (int i = 0; i < 5; ++i) got.insert(std::string(consumer.next().value().bytes()));
    CHECK(got.size() == 5);
}

TEST_CASE("credit bounds what is unsettled; requeued messages come again with the flag") {
    Filled filled(10);
    ConsumeOptions two;
    two.credit = 2;
    Consumer consumer = filled.client.consume(filled.queue, two).value();
    const Delivery zero = consumer.next().value();
    const Delivery one = consumer.next().value();
    REQUIRE(filled.client.ping().ok());
    CHECK(consumer.next(Milliseconds(0)).error().code == ErrorCode::timed_out);
    CHECK(zero.requeue().ok());
    const Delivery again = consumer.next().value();
    CHECK(again.bytes() == "0");
    CHECK(again.redelivered());
    CHECK(again.deliveries() == 2);
    CHECK(again.ack().ok());
    CHECK(one.reject().ok());
    CHECK(consumer.next().value().bytes() == "2");
    CHECK(consumer.next().value().ack_up_to().ok());
    CHECK(consumer.next().value().bytes() == "4");
}

TEST_CASE("without acks every message is delivered and settled at once") {
    Filled filled(1000);
    ConsumeOptions no_ack;
    no_ack.no_ack = true;
    Consumer consumer = filled.client.consume(filled.queue, no_ack).value();
    for (int i = 0; i < 1000; ++i) REQUIRE(consumer.next().value().bytes() == std::to_string(i));
    CHECK(filled.client.list("queues").ok());
}

TEST_CASE("a full inbox holds the rest back in the socket until somebody reads") {
    BrokerProcess broker;
    Options options = options_for(broker.endpoint());
    options.inbox_bytes = 64 * 1024;
    Client client = Client::connect(options).value();
    Client publisher = Client::connect(options_for(broker.endpoint())).value();
    QueueOptions shared;
    shared.auto_delete = true;
    REQUIRE(client.declare_queue("stream", shared).ok());
    ConsumeOptions no_ack;
    no_ack.no_ack = true;
    Consumer consumer = client.consume("stream", no_ack).value();
    constexpr int count = 20'000;
    const std::string body(1000, 'x');
    for (int i = 0; i < count; ++i) REQUIRE(publisher.post("", "stream", text(body)).ok());
    publisher.flush().value();
    for (int i = 0; i < count; ++i) REQUIRE(consumer.next().value().bytes().size() == 1000);
    CHECK(client.ping().ok());
}

TEST_CASE("get takes one message, or tells that there is none") {
    Filled filled(1);
    const auto taken = filled.client.get(filled.queue).value();
    REQUIRE(taken);
    CHECK(taken->bytes() == "0");
    CHECK(taken->requeue().ok());
    const auto again = filled.client.get(filled.queue).value();
    REQUIRE(again);
    CHECK(again->redelivered());
    CHECK(again->ack().ok());
    CHECK_FALSE(filled.client.get(filled.queue).value());
    CHECK(filled.client.get("none").error().code == ErrorCode::no_such_queue);
}

TEST_CASE("a consumer learns that its queue was deleted, after the messages that it has") {
    Filled filled(2);
    Consumer consumer = filled.client.consume(filled.queue).value();
    CHECK(consumer.next().value().bytes() == "0");
    REQUIRE(filled.client.delete_queue(filled.queue).ok());
    CHECK(consumer.next().value().bytes() == "1");
    CHECK(consumer.next().error().code == ErrorCode::queue_deleted);
}

TEST_CASE("a consumer of a queue that is not there, or under a name in use, is refused") {
    Filled filled(0);
    CHECK(filled.client.consume("none").error().code == ErrorCode::no_such_queue);
    ConsumeOptions named;
    named.consumer = "me";
    const Consumer first = filled.client.consume(filled.queue, named).value();
    CHECK(first.name() == "me");
    CHECK(filled.client.consume(filled.queue, named).error().code == ErrorCode::consumer_exists);
}

TEST_CASE("once a consumer is cancelled or gone its callback neither runs nor begins") {
    Filled filled(500);
    for (const bool by_call : {true, false}) {
        auto running = std::make_unique<std::atomic<int>>(0);
        Arrivals<int> begun;
        {
            Consumer consumer = filled.client
                                    .consume(filled.queue, {},
                                             [&](Delivery&) {
                                                 ++*running;
                                                 begun.add(1);
                                                 --*running;
                                             })
                                    .value();
            begun.wait(20);
            if (by_call) {
                CHECK(consumer.cancel().ok());
                CHECK(*running == 0);
            }
        }
        CHECK(*running == 0);
        running.reset();  // a callback that came now would be seen by a sanitizer
        CHECK(filled.client.ping().ok());
    }
}

TEST_CASE("a client may be dropped inside its own callback") {
    BrokerProcess broker;
    auto client = std::make_unique<Client>(Client::connect(options_for(broker.endpoint())).value());
    const std::string queue = client->declare_queue("").value().name;
    Arrivals<int> dropped;
    std::latch posted(1);
    const Consumer consumer = client
                                  ->consume(queue, {},
                                            [&](Delivery&) {
                                                posted.wait();
                                                client.reset();
                                                dropped.add(1);
                                            })
                                  .value();
    REQUIRE(client->post("", queue, text("bye")).ok());
    posted.count_down();
    CHECK(dropped.wait(1).size() == 1);
}

// A thread that waits for a delivery reads the socket itself; these are the ways for it to stop.

TEST_CASE("while one thread waits for a delivery, another one's calls on the client are answered") {
    Filled filled(0);
    Consumer consumer = filled.client.consume(filled.queue).value();
    std::atomic<int> got{0};
    std::thread reader([&] {
        while (const auto delivery = consumer.next(long_enough)) {
            if (delivery->bytes() == "last") break;
            if (delivery->ack().ok()) ++got;
        }
    });
    constexpr int count = 200;
    for (int i = 0; i < count; ++i) {
        CHECK(filled.client.publish("", filled.queue, text("x")).ok());
        CHECK(filled.client.ping().ok());
    }
    CHECK(filled.client.publish("", filled.queue, text("last")).ok());
    reader.join();
    CHECK(got == count);
}

TEST_CASE("a client that polls busily delivers and answers as any other") {
    BrokerProcess broker;
    Options options = options_for(broker.endpoint());
    options.busy_poll = std::chrono::microseconds(200);
    Client client = Client::connect(options).value();
    const std::string queue = client.declare_queue("").value().name;
    Consumer consumer = client.consume(queue).value();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client.publish("", queue, text(std::to_string(i))).ok());
        const Deliveries all = consumer.next_batch(10, long_enough).value();
        CHECK(all[0].bytes() == std::to_string(i));
        CHECK(all.ack().ok());
    }
    options.busy_poll = std::chrono::microseconds(-1);
    CHECK(Client::connect(options).error().field == "busy_poll");
}

TEST_CASE("two threads that wait on one consumer share its deliveries") {
    Filled filled(0);
    Client publisher = Client::connect(options_for(filled.broker.endpoint())).value();
    Consumer consumer = filled.client.consume(filled.queue).value();
    std::atomic<int> got{0};
    constexpr int count = 300;
    std::vector<std::thread> readers;
    for (int t = 0; t < 2; ++t) {
        readers.emplace_back([&, mine = consumer]() mutable {
            for (const Delivery& delivery : mine) {
                if (delivery.bytes() == "last") break;
                if (delivery.ack().ok()) ++got;
            }
        });
    }
    for (int i = 0; i < count; ++i) CHECK(publisher.publish("", filled.queue, text("x")).ok());
    for (int t = 0; t < 2; ++t) CHECK(publisher.publish("", filled.queue, text("last")).ok());
    for (std::thread& reader : readers) reader.join();
    CHECK(got == count);
}

TEST_CASE("a thread that waits for a delivery ends with its consumer, its queue or its client") {
    BrokerProcess broker;
    Client other = Client::connect(options_for(broker.endpoint())).value();
    for (const std::string how : {"cancel", "delete", "close"}) {
        Client client = Client::connect(options_for(broker.endpoint())).value();
        QueueOptions shared;
        shared.auto_delete = true;
        REQUIRE(client.declare_queue(how, shared).ok());
        Consumer consumer = client.consume(how).value();
        REQUIRE(other.publish("", how, text("x")).ok());
        Arrivals<std::string> read;
        std::optional<ErrorCode> end;
        std::thread reader([&] {
            for (;;) {
                const auto next = consumer.next(long_enough);
                if (!next) return void(end = next.error().code);
                read.add(std::string(next->bytes()));
            }
        });
        read.wait(1);
        if (how == "cancel") CHECK(consumer.cancel().ok());
        if (how == "delete") CHECK(other.delete_queue(how).ok());
        if (how == "close") CHECK(client.close().ok());
        reader.join();
        const ErrorCode wanted = how == "cancel"   ? ErrorCode::no_such_consumer
                                 : how == "delete" ? ErrorCode::queue_deleted
                                                   : ErrorCode::client_closed;
        CHECK(end == wanted);
    }
}

TEST_CASE("a delivery that is read after a rest finds its consumer's place kept or given back") {
    Filled filled(0);
    Client publisher = Client::connect(options_for(filled.broker.endpoint())).value();
    Consumer consumer = filled.client.consume(filled.queue).value();
    for (int i = 0; i < 50; ++i) {
        REQUIRE(publisher.publish("", filled.queue, text(std::to_string(i))).ok());
        const Delivery delivery = consumer.next(long_enough).value();
        CHECK(delivery.bytes() == std::to_string(i));
        CHECK(delivery.ack().ok());
        if (i % 5 == 0) CHECK(filled.client.ping().ok());
        if (i % 7 == 0) CHECK(publisher.ping().ok());
    }
    CHECK(filled.client.flush().ok());
    CHECK(consumer.next(Milliseconds(0)).error().code == ErrorCode::timed_out);
    CHECK(consumer.next(Milliseconds(5)).error().code == ErrorCode::timed_out);
    CHECK(filled.client.purge(filled.queue).value() == 0);
}
