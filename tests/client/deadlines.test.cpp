// Every call ends in its time, whatever callbacks, endpoints and other threads do.
#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/client/live.h"

using namespace zex;
using namespace zex::test;

namespace {

/// Takes connections, as the system does for a frozen process, and says nothing.
class Frozen {
  public:
    Frozen() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* raw = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket_, raw, size) == 0);
        REQUIRE(::listen(socket_, 10) == 0);
        REQUIRE(::getsockname(socket_, raw, &size) == 0);
        endpoint = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    ~Frozen() { ::close(socket_); }
    std::string endpoint;

  private:
    int socket_;
};

}  // namespace

TEST_CASE("a callback publishes and gets its confirm, however much waits unread") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("out").ok());
    REQUIRE(client.declare_queue("in").ok());
    const bool no_ack = GENERATE(false, true);
    Options small = options_for(broker.endpoint());
    small.inbox_bytes = 10'000;
    Client worker = Client::connect(small).value();
    const std::string body(10'000, 'x');
    constexpr int count = 100;
    for (int i = 0; i < count; ++i) REQUIRE(client.publish("", "in", text(body)).ok());
    Arrivals<bool> published;
    const Consumer consumer =
        worker
            .consume("in", {.no_ack = no_ack},
                     [&](Delivery& delivery) {
                         published.add(worker.publish("", "out", text("done")).ok());
                         (void)delivery.ack();
                     })
            .value();
    for (const bool ok : published.wait(count)) CHECK(ok);
    CHECK(worker.close().ok());
}

TEST_CASE("a client is closed by its owner and by a callback at once") {
    BrokerProcess broker;
    Client feeder = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(feeder.declare_queue("q").ok());
    for (int round = 0; round < 40; ++round) {
        Client client = Client::connect(options_for(broker.endpoint())).value();
        std::promise<void> called;
        const Consumer consumer = client
                                      .consume("q", {.no_ack = true},
                                               [&](Delivery&) {
                                                   called.set_value();
                                                   (void)client.close();
                                               })
                                      .value();
        REQUIRE(feeder.publish("", "q", text("x")).ok());
        called.get_future().wait();
        CHECK(client.close().ok());
    }
}

TEST_CASE("close keeps its deadline while a callback runs") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("q").ok());
    std::promise<void> called;
    std::promise<void> go_on;
    Consumer consumer = client
                            .consume("q", {},
                                     [&](Delivery&) {
                                         called.set_value();
                                         go_on.get_future().wait();
                                     })
                            .value();
    REQUIRE(client.publish("", "q", text("x")).ok());
    called.get_future().wait();
    CHECK(client.close(Milliseconds(200)).error().code == ErrorCode::timed_out);
    CHECK(client.state() == ConnectionState::closed);
    go_on.set_value();
}

TEST_CASE("an exception out of a callback ends its consumer, and the message goes back") {
    BrokerProcess broker;
    Arrivals<Error> errors;
    Options options = options_for(broker.endpoint());
    options.on_error = [&](const Error& error) { errors.add(error); };
    Client client = Client::connect(options).value();
    REQUIRE(client.declare_queue("q").ok());
    const Consumer failing =
        client.consume("q", {.consumer = "f"}, [](Delivery&) { throw std::runtime_error("no"); })
            .value();
    REQUIRE(client.publish("", "q", text("one")).ok());
    REQUIRE(client.publish("", "q", text("two")).ok());
    const auto told = errors.wait(1);
    REQUIRE(told.size() == 1);
    CHECK(told[0].code == ErrorCode::callback_failed);
    CHECK(told[0].reason.find("consumer 'f'") != std::string::npos);
    Consumer next = client.consume("q").value();
    CHECK(next.next().value().bytes() == "one");
    CHECK(next.next().value().bytes() == "two");
}

TEST_CASE("an exception out of any other callback is told, and the client goes on") {
    BrokerProcess broker;
    Arrivals<Error> errors;
    Options options = options_for(broker.endpoint());
    options.on_error = [&](const Error& error) {
        errors.add(error);
        throw 7;
    };
    options.on_refused = [](const Refused&) { throw std::runtime_error("refused"); };
    options.on_returned = [](const Returned&) { throw 5; };
    Client client = Client::connect(options).value();
    REQUIRE(client.post("no.such.exchange", "k", text("x")).ok());
    REQUIRE(client.post("", "no.such.queue", text("x"), {.mandatory = true}).ok());
    CHECK(errors.wait(2).size() == 2);
    CHECK(client.ping().ok());
}

TEST_CASE("a frozen endpoint leaves time for the next one") {
    BrokerProcess broker;
    const Frozen frozen;
    Options options;
    options.endpoints = {frozen.endpoint, broker.endpoint()};
    options.timeout = Milliseconds(3000);
    CHECK(Client::connect(options).ok());
}

TEST_CASE("an endpoint that cannot be one is refused at once, with what was meant") {
    const auto said = [](const std::string& endpoint) {
        Options options;
        options.timeout = std::chrono::hours(1);
        options.endpoints = {endpoint};
        const auto client = Client::connect(options);
        REQUIRE_FALSE(client);
        CHECK(client.error().code == ErrorCode::bad_argument);
        return client.error().reason;
    };
    CHECK(said("127.0.0.1:5695").find("did you mean tcp://127.0.0.1:5695?") != std::string::npos);
    for (const char* endpoint : {"", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:x",
                                 "tcp://:5695", "http://host:80", "inproc://zex", "ipc://"}) {
        CHECK_FALSE(said(endpoint).empty());
    }
}

TEST_CASE("a host without an address is called that") {
    Options options;
    options.endpoints = {"tcp://no-such-host.invalid:5695"};
    options.timeout = Milliseconds(1000);
    const auto client = Client::connect(options);
    CHECK(client.error().code == ErrorCode::not_connected);
}

TEST_CASE("a forked child may not use the client, and does not disturb the parent's") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("q").ok());
    REQUIRE(client.publish("", "q", text("x")).ok());
    {
        Consumer consumer = client.consume("q").value();
        const Delivery delivery = consumer.next().value();
        const pid_t child = ::fork();
        if (child == 0) {
            const auto refused = [](const auto& result) {
                return !result.ok() && result.error().code == ErrorCode::client_closed;
            };
            const bool all = refused(client.ping()) && refused(consumer.next()) &&
                             refused(client.publish("", "q", text("y"))) &&
                             refused(client.post("", "q", text("y"))) && refused(delivery.ack()) &&
                             refused(client.consume("q")) && refused(client.close());
            { const Client gone = std::move(client); }
            ::_exit(all ? 0 : 1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        CHECK(delivery.ack().ok());
    }
    CHECK(client.ping().ok());
    CHECK(client.get("q").value() == std::nullopt);
}

TEST_CASE("a message is forwarded with all its properties") {
    BrokerProcess broker;
    Client client = Client::connect(options_for(broker.endpoint())).value();
    REQUIRE(client.declare_queue("q").ok());
    Message message{Payload::text("hello", "greeting", "1.0"), "m", "c", "r"};
    message.timestamp_ms = 1'700'000'000'000;
    message.headers_json = R"({"a":1})";
    message.extra_json = R"({"x":[1.0,"y"]})";
    REQUIRE(client.publish("", "q", message).ok());
    const Delivery first = client.get("q").value().value();
    CHECK(first.timestamp_ms() == message.timestamp_ms);
    REQUIRE(client.publish("", "q", first.message()).ok());
    CHECK(first.ack().ok());
    const Message second = client.get("q").value()->message();
    CHECK(second.payload.bytes == "hello");
    CHECK(second.payload.type == "greeting");
    CHECK(second.payload.version == "1.0");
    CHECK(second.payload.content_type == "text/plain");
    CHECK(second.message_id == "m");
    CHECK(second.correlation_id == "c");
    CHECK(second.reply_to == "r");
    CHECK(second.timestamp_ms == message.timestamp_ms);
    CHECK(second.headers_json == message.headers_json);
    CHECK(second.extra_json == message.extra_json);
}
