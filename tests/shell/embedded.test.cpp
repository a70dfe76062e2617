#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include <zex/broker.hpp>

#include "tests/shell/house.h"
#include "tests/support/temporary_directory.h"

namespace zex::test {
namespace {

class HandClock final : public BrokerClock {
  public:
    std::chrono::nanoseconds now() const override { return time; }
    std::chrono::nanoseconds time{std::chrono::seconds(1)};
};

TEST_CASE("a program runs the broker inside itself, over inproc, on a thread of its own") {
    const auto context = net::Context::make().value();
    BrokerOptions options;
    options.endpoints = {"inproc://mine"};
    options.zmq_context = context->handle();
    EmbeddedBroker broker = EmbeddedBroker::start(options).value();
    std::thread thread([&broker] { broker.run(); });
    Guest guest(*context, broker.endpoints().front());
    guest.send(hello());
    const auto welcome = guest.hear();
    broker.stop();
    thread.join();
    REQUIRE(welcome);
    CHECK(welcome->as<wire::Welcome>() != nullptr);
}

TEST_CASE("an embedded broker lives by the clock that it is given") {
    const auto context = net::Context::make().value();
    HandClock clock;
    BrokerOptions options;
    options.endpoints = {"inproc://mine"};
    options.zmq_context = context->handle();
    options.clock = &clock;
    options.heartbeat = std::chrono::minutes(1);
    options.heartbeat_timeout = std::chrono::minutes(2);
    EmbeddedBroker broker = EmbeddedBroker::start(options).value();
    Guest guest(*context, broker.endpoints().front());
    guest.send(hello());
    const auto turns = [&broker] {
        for (int i = 0; i < 20; ++i) broker.step(std::chrono::milliseconds(0));
    };
    turns();
    REQUIRE(guest.hear_now());
    clock.time += std::chrono::minutes(1);
    turns();
    const auto ping = guest.hear_now();
    REQUIRE(ping);
    CHECK(ping->as<wire::Ping>() != nullptr);
}

TEST_CASE("an endpoint that cannot be used is an error, not an exception") {
    BrokerOptions options;
    options.endpoints = {"carrier-pigeon://loft"};
    const auto broker = EmbeddedBroker::start(options);
    REQUIRE_FALSE(broker);
    CHECK(broker.error().reason.find("carrier-pigeon://loft") != std::string::npos);
}

TEST_CASE("an embedded broker keeps durable queues, in a directory of its own") {
    const TemporaryDirectory directory;
    BrokerOptions options;
    options.endpoints = {"inproc://mine"};
    options.data_dir = directory.path;
    const auto context = net::Context::make().value();
    options.zmq_context = context->handle();
    EmbeddedBroker broker = EmbeddedBroker::start(options).value();
    std::thread thread([&broker] { broker.run(); });
    Guest guest(*context, broker.endpoints().front());
    guest.send(hello());
    REQUIRE(guest.hear());
    wire::DeclareQueue declare;
    declare.queue = "q";
    declare.durable = true;
    guest.send(declare, 1);
    const auto declared = guest.hear();

    options.endpoints = {"inproc://second"};
    const auto second = EmbeddedBroker::start(options);
    broker.stop();
    thread.join();
    REQUIRE(declared);
    CHECK(declared->as<wire::Ok>() != nullptr);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::data_in_use);
    CHECK_FALSE(broker.failure());
}

}  // namespace
}  // namespace zex::test
