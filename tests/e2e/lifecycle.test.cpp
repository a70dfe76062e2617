// The broker starts, listens in several places, refuses what it must, and stops in good order.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/support/broker_process.h"
#include "tests/support/dealer.h"

using nlohmann::json;
using namespace zex::test;

namespace {

std::string socket_path(const char* name) {
    return "/tmp/zexd-" + std::string(name) + "-" + std::to_string(getpid()) + ".sock";
}

}  // namespace

TEST_CASE("SIGTERM says goodbye to clients and ends with code 0") {
    BrokerProcess broker;
    Dealer client(broker.endpoint());
    client.hello();
    broker.process().signal(SIGTERM);
    const auto goodbye = client.hear();
    REQUIRE(goodbye);
    CHECK(goodbye->op() == "goodbye");
    CHECK(goodbye->error() == "shutting_down");
    CHECK(goodbye->envelope.at("retry") == true);
    CHECK(broker.process().wait() == 0);
}

TEST_CASE("SIGTERM under load ends with code 0") {
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    REQUIRE(run({built("zex"), "declare", "exchange", "x"}, "", at).code == 0);
    Process sub({built("zex"), "sub", "x", "--key", "k", "--raw"}, "", at);
    REQUIRE(sub.err_line("ready"));
    Process pub({built("zex"), "pub", "x", "k", "body", "--count", "100000000"}, "", at);
    REQUIRE(sub.wait_out_lines(10'000));
    CHECK(broker.terminate() == 0);
}

TEST_CASE("one broker listens on tcp and ipc at once, and its socket is its owner's alone") {
    const std::string path = socket_path("several");
    BrokerProcess broker({"--listen", "ipc://" + path});
    Dealer over_tcp(broker.endpoint());
    Dealer over_ipc("ipc://" + path);
    over_tcp.hello();
    over_ipc.hello();
    over_tcp.ask({{"op", "declare_queue"}, {"queue", "q"}});
    over_ipc.ask({{"op", "consume"}, {"queue", "q"}, {"consumer", "c"}});
    over_tcp.send_json({{"op", "publish"}, {"exchange", ""}, {"key", "q"}}, "across");
    CHECK(over_ipc.hear()->body == "across");
    CHECK(run({"/usr/bin/stat", "-c", "%a", path}).out == "600\n");
    CHECK(broker.terminate() == 0);
}

TEST_CASE(
    "an address that is taken, or not loopback, ends the start with a message that names it") {
    BrokerProcess broker;
    const Finished taken = run({built("zexd"), "--listen", broker.endpoint()});
    CHECK(taken.code != 0);
    CHECK(taken.err.find(broker.endpoint()) != std::string::npos);

    const Finished open = run({built("zexd"), "--listen", "tcp://0.0.0.0:0"});
    CHECK(open.code != 0);
    CHECK(open.err.find("tcp://0.0.0.0:0") != std::string::npos);
    CHECK(open.err.find("--allow-insecure-bind") != std::string::npos);
}

TEST_CASE("the default configuration is a good one, and a mistyped key is not") {
    CHECK(run({built("zexd"), "--check-config", "--config", ZEX_SOURCE_ROOT "/config/zexd.toml"})
              .code == 0);
    const Finished wrong = run({built("zexd"), "--check-config", "--config", "/dev/stdin"},
                               "[log]\nlevle = \"info\"\n");
    CHECK(wrong.code == 78);
    CHECK(wrong.err.find(":2") != std::string::npos);
    CHECK(wrong.err.find("level") != std::string::npos);
}

TEST_CASE("a session survives its connection, and dies with its grace period") {
    BrokerProcess broker;
    Dealer first(broker.endpoint());
    const json welcome = first.hello({{"grace_ms", 60'000}});
    const std::string queue =
        first.ask({{"op", "declare_queue"}, {"queue", ""}}).envelope.at("queue");
    first.ask({{"op", "consume"}, {"queue", queue}, {"consumer", "mine"}});
    Dealer publisher(broker.endpoint());
    publisher.hello();
    publisher.ask({{"op", "publish"}, {"id", 1}, {"exchange", ""}, {"key", queue}}, "unsettled");
    REQUIRE(first.hear()->op() == "deliver");
    first.drop();
    CHECK(publisher.ask({{"op", "publish"}, {"id", 2}, {"exchange", ""}, {"key", queue}}, "waiting")
              .envelope.at("queues") == 1);

    Dealer second(broker.endpoint());
    const json again = second.hello({{"token", welcome.at("token")}, {"grace_ms", 0}});
    CHECK(again.at("resumed") == true);
    CHECK(again.at("session") == welcome.at("session"));
    CHECK(again.at("epoch") == 2);
    const auto unsettled = second.hear();
    REQUIRE(unsettled);
    CHECK(unsettled->body == "unsettled");
    CHECK(unsettled->envelope.at("consumer") == "mine");
    CHECK(unsettled->envelope.at("redelivered") == true);
    CHECK(second.hear()->body == "waiting");

    second.drop();
    // Without a grace period the queue goes with the connection, as soon as that is noticed.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto queues = [&] {
        return publisher.ask({{"op", "list"}, {"id", 3}, {"what", "queues"}})
            .envelope.at("rows")
            .size();
    };
    while (queues() > 0 && std::chrono::steady_clock::now() < deadline) {
    }
    CHECK(queues() == 0);
    Dealer third(broker.endpoint());
    CHECK_FALSE(third.hello({{"token", welcome.at("token")}}).contains("resumed"));
}

TEST_CASE("publishers that are killed in the middle of a flood leave the broker alive") {
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    REQUIRE(run({built("zex"), "declare", "queue", "q", "--max-messages", "1000"}, "", at).code ==
            0);
    Dealer bystander(broker.endpoint());
    bystander.hello();
    const auto published = [&] {
        const Heard status = bystander.ask({{"op", "status"}, {"id", 1}});
        return status.envelope.at("rows").at("published").get<std::uint64_t>();
    };
    for (int round = 0; round < 5; ++round) {
        std::vector<std::unique_ptr<Process>> flood;
        for (int i = 0; i < 6; ++i) {
            flood.push_back(std::make_unique<Process>(
                std::vector<std::string>{built("zex"), "pub", "", "q", std::string(4096, 'x'),
                                         "--count", "100000000", "--keep-going", "--quiet"},
                "", at));
        }
        const std::uint64_t before = published();
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (published() < before + 20'000 && std::chrono::steady_clock::now() < deadline) {
        }
        for (auto& publisher : flood) publisher->signal(SIGKILL);
        for (auto& publisher : flood) CHECK(publisher->wait() == 128 + SIGKILL);
    }
    CHECK(bystander.ask({{"op", "ping"}, {"id", 2}}).op() == "pong");
    CHECK(broker.terminate() == 0);
}
