// Each state of a queue, made with real programs and found with one command.
#include <csignal>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/wire/status_fields.h"
#include "tests/support/dealer.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tool.h"

using nlohmann::json;
using namespace zex::test;

namespace {

bool says(const Finished& finished, const std::string& part) {
    return finished.out.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a queue whose consumer stopped after much work is stalled, and its rates are 0") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "hot"}).code == 0);
    Process sub({built("zex"), "sub", "--queue", "hot", "--credit", "100", "--raw"}, "", zex.at);
    REQUIRE(sub.err_line("ready"));
    REQUIRE(zex({"pub", "", "hot", "x", "--count", "20000"}).code == 0);
    REQUIRE(sub.wait_out_lines(20'000));
    REQUIRE(zex.shows("hot", "unacked", 0));
    sub.signal(SIGSTOP);
    REQUIRE(zex({"pub", "", "hot", "x", "--count", "1000"}).code == 0);

    CHECK(zex.shows("hot", "state", "stalled"));
    const json row = zex.row("queues", "hot");
    CHECK(row.at("acked") == 20'000);
    CHECK(row.at("unacked") == 100);
    CHECK(row.at("ack_rate") == 0.0);
    CHECK(row.at("out_rate") == 0.0);
    CHECK(row.at("idle_ms") >= 2000);
    CHECK(says(zex({"status"}), "queue hot (900 ready, 100 unacked) is stalled"));
    CHECK(says(zex({"queue", "hot"}), "zex sub"));
    sub.signal(SIGCONT);
    CHECK(zex.shows("hot", "state", "ok"));
}

TEST_CASE("a queue that has messages and no consumer is unattended, and its rates go to 0") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    REQUIRE(zex({"pub", "", "q", "x", "--count", "1000"}).code == 0);
    CHECK(zex.row("queues", "q").at("state") == "unattended");
    CHECK(zex.shows("q", "in_rate", 0.0));
    CHECK(says(zex({"status"}), "queue q (1,000 ready, 0 unacked) has messages and no consumer"));
}

TEST_CASE("a full queue says so, and counts whom it refused") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    REQUIRE(zex({"declare", "queue", "small", "--max-messages", "5"}).code == 0);
    REQUIRE(zex({"bind", "small", "x", "--key", "k"}).code == 0);
    const Finished published = zex({"pub", "x", "k", "m", "--count", "8", "--keep-going"});
    CHECK(published.code == 65);
    CHECK(published.err.find("5 reached a queue, 3 were refused") != std::string::npos);
    const json queue = zex.row("queues", "small");
    CHECK(queue.at("state") == "full");
    CHECK(queue.at("refused") == 3);
    const json exchange = zex.row("exchanges", "x");
    CHECK(exchange.at("published") == 8);
    CHECK(exchange.at("routed") == 5);
    CHECK(exchange.at("refused") == 3);
    CHECK(says(zex({"status"}), "queue small (5 ready, 0 unacked) is full"));
    CHECK(says(zex({"status"}), "refused_queue_full"));
    REQUIRE(
        zex.broker.process().err_line("messages were refused reason=queue_full messages=3 "
                                      "queue=small exchange=x key=k"));
}

TEST_CASE("a queue whose messages were taken by get is held, and says by whom") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    REQUIRE(zex({"pub", "", "q", "x", "--count", "2"}).code == 0);
    Dealer holder(zex.broker.endpoint());
    holder.hello({{"client", "holder"}});
    for (int i = 0; i < 2; ++i) holder.ask({{"op", "get"}, {"id", i + 1}, {"queue", "q"}});

    CHECK(zex.shows("q", "state", "held"));
    CHECK(zex.row("queues", "q").at("held") == 2);
    CHECK(says(zex({"status"}), "queue q (0 ready, 2 unacked) has messages that were taken"));
    const json detail = json::parse(zex({"queue", "q", "-o", "json"}).out);
    const json& by = detail.at("consumers").at(0);
    CHECK(by.at("state") == "get");
    CHECK(by.at("client") == "holder");
    CHECK(by.at("unacked") == 2);
    CHECK(by.at("oldest_unacked_ms") > 0);
}

TEST_CASE("messages of a consumer that was cancelled are held, and it is still listed") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    REQUIRE(zex({"pub", "", "q", "x"}).code == 0);
    Dealer holder(zex.broker.endpoint());
    holder.hello();
    holder.ask({{"op", "consume"}, {"id", 1}, {"queue", "q"}, {"consumer", "c"}});
    REQUIRE(holder.hear()->op() == "deliver");
    holder.ask({{"op", "cancel"}, {"id", 2}, {"consumer", "c"}});
    CHECK(zex.shows("q", "state", "held"));
    const json consumers = zex.rows("consumers");
    REQUIRE(consumers.size() == 1);
    CHECK(consumers[0].at("state") == "cancelled");
    CHECK(consumers[0].at("queue") == "q");
    CHECK(consumers[0].at("unacked") == 1);
}

TEST_CASE("a queue that fills faster than its consumer acks is growing") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    Dealer slow(zex.broker.endpoint());
    slow.hello();
    slow.ask({{"op", "consume"}, {"id", 1}, {"queue", "q"}, {"consumer", "c"}, {"credit", 1}});
    Process pub({built("zex"), "pub", "", "q", "x", "--count", "100000000", "-q"}, "", zex.at);
    // It acks one after the other, as long as it is looked at.
    bool seen = false;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!seen && std::chrono::steady_clock::now() < deadline) {
        const auto heard = slow.hear();
        REQUIRE(heard);
        if (heard->op() != "deliver") continue;
        slow.send_json({{"op", "settle"}, {"consumer", "c"}, {"tag", heard->envelope.at("tag")}});
        seen = zex.row("queues", "q").at("state") == "growing";
    }
    CHECK(seen);
}

TEST_CASE("a queue of a session whose connection is lost is suspended") {
    Tool zex;
    Dealer lost(zex.broker.endpoint());
    lost.hello({{"grace_ms", 60'000}});
    lost.ask({{"op", "declare_queue"}, {"id", 1}, {"queue", "mine"}, {"exclusive", true}});
    lost.drop();
    CHECK(zex.shows("mine", "state", "suspended"));
}

TEST_CASE("a queue that drops its oldest stops no publisher, and counts what it dropped") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    REQUIRE(zex({"declare", "queue", "latest", "--max-messages", "10", "--overflow", "drop_head"})
                .code == 0);
    REQUIRE(zex({"declare", "queue", "all"}).code == 0);
    for (const char* queue : {"latest", "all"}) {
        REQUIRE(zex({"bind", queue, "x", "--key", "k"}).code == 0);
    }
    std::string lines;
    for (int i = 1; i <= 25; ++i) lines += std::to_string(i) + "\n";
    REQUIRE(zex({"pub", "x", "k", "--lines", "-"}, lines).code == 0);
    const json latest = zex.row("queues", "latest");
    CHECK(latest.at("state") == "dropping");
    CHECK(latest.at("ready") == 10);
    CHECK(latest.at("dropped") == 15);
    CHECK(zex.row("queues", "all").at("ready") == 25);
    CHECK(zex({"sub", "--queue", "latest", "--raw", "--count", "1"}).out == "16\n");
}

TEST_CASE("status says that nothing is wrong where nothing is") {
    Tool zex;
    const Finished status = zex({"status"});
    CHECK(status.code == 0);
    CHECK(status.out.find("nothing is wrong\n\nbroker\n") == 0);
    CHECK(says(zex({"status", "--all"}), "connections_accepted"));
}

TEST_CASE("every field of status stands in the table of docs/counters.md, and no other does") {
    const TemporaryDirectory home;
    Tool tool({"--data-dir", home.path + "/data"});
    REQUIRE(tool({"declare", "queue", "q", "--durable"}).code == 0);
    const json status = json::parse(tool({"status", "-o", "json"}).out);
    for (const auto& item : status.items()) {
        INFO(item.key());
        CHECK((zex::wire::status_field(item.key()) != nullptr ||
               item.key().starts_with(zex::wire::bad_input_prefix)));
    }
    for (const zex::wire::StatusField& field : zex::wire::status_fields) {
        INFO(field.name);
        CHECK(status.contains(field.name));
    }
}
