// The tool against the real broker: rows, exit codes, looking while a load runs.
#include "tests/support/tool.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using nlohmann::json;
using namespace zex::test;

TEST_CASE("the tool declares, binds, publishes, looks, purges and deletes") {
    Tool zex;
    CHECK(zex({"ping"}).code == 0);
    CHECK(zex({"declare", "exchange", "logs", "--kind", "direct"}).code == 0);
    CHECK(zex({"declare", "queue", "all"}).code == 0);
    CHECK(zex({"bind", "all", "logs", "--key", "info", "--key", "error"}).code == 0);
    const Finished published = zex({"pub", "logs", "error", "disk full", "--type", "line",
                                    "--version", "1.0", "--header", "host=a"});
    CHECK(published.code == 0);
    CHECK(published.err.find("published 1 message in") == 0);
    CHECK(published.err.find(", confirmed") != std::string::npos);

    const json queues = zex.rows("queues");
    REQUIRE(queues.size() == 1);
    CHECK(queues[0].at("name") == "all");
    CHECK(queues[0].at("ready") == 1);
    CHECK(queues[0].at("state") == "unattended");
    CHECK(zex.rows("bindings").size() == 2);
    CHECK(zex.rows("exchanges").size() == 2);

    const Finished peeked = zex({"peek", "all"});
    CHECK(peeked.code == 0);
    CHECK(peeked.out.find("disk full") != std::string::npos);
    CHECK(zex.rows("queues")[0].at("ready") == 1);

    const Finished explained = zex({"explain", "logs", "debug"});
    CHECK(explained.code == 0);
    CHECK(explained.out.find("error") != std::string::npos);

    CHECK(zex({"purge", "all"}).code == 0);
    CHECK(zex.rows("queues")[0].at("ready") == 0);
    CHECK(zex({"unbind", "all", "logs", "--key", "info"}).code == 0);
    CHECK(zex({"delete", "queue", "all"}).code == 0);
    CHECK(zex({"delete", "exchange", "logs"}).code == 0);
    CHECK(zex.rows("queues").empty());
}

TEST_CASE("the tool's exit codes tell what went wrong") {
    Tool zex;
    CHECK(zex({"queeus"}).code == 64);
    CHECK(zex({"pub", "nowhere", "k", "x"}).code == 65);
    CHECK(zex({"purge", "nowhere"}).code == 65);
    CHECK(zex({"explain", "nowhere", "k"}).code == 65);
    CHECK(zex({"declare", "exchange", "x"}).code == 0);
    const Finished unroutable = zex({"pub", "x", "k", "body", "--mandatory"});
    CHECK(unroutable.code == 65);
    CHECK(unroutable.err.find("unroutable") != std::string::npos);
    CHECK(zex({"sub", "x", "--key", "k", "--count", "1", "--timeout", "50ms"}).code == 75);

    const Finished nobody = run({built("zex"), "ping", "--endpoint", "tcp://127.0.0.1:1"});
    CHECK(nobody.code == 69);
    CHECK(lines_of(nobody.err).size() == 1);
}

TEST_CASE("an exclusive queue is not for others") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    Process sub({built("zex"), "sub", "x", "--key", "k"}, "", zex.at);
    REQUIRE(sub.err_line("ready"));
    const std::string queue = zex.rows("queues")[0].at("name");
    const Finished refused = zex({"peek", queue});
    CHECK(refused.code == 77);
    CHECK(refused.err.find("exclusive") != std::string::npos);
}

TEST_CASE("queues can be looked at while a load runs, and watched") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    Process sub({built("zex"), "sub", "x", "--key", "k", "--raw"}, "", zex.at);
    REQUIRE(sub.err_line("ready"));
    Process pub({built("zex"), "pub", "x", "k", std::string(128, 'x'), "--count", "300000"}, "",
                zex.at);
    REQUIRE(sub.wait_out_lines(1000));
    for (int i = 0; i < 5; ++i) {
        const json row = zex.rows("queues").at(0);
        CHECK(row.at("published").is_number_unsigned());
        CHECK(row.at("in_rate").is_number());
        CHECK(row.at("consumers") == 1);
    }
    Process watch({built("zex"), "queues", "--watch", "0.2", "-o", "jsonl"}, "", zex.at);
    CHECK(watch.wait_out_lines(3));
    watch.signal(SIGINT);
    CHECK(watch.wait() == 0);
    CHECK(pub.wait() == 0);
    CHECK(sub.wait_out_lines(300'000));
}

TEST_CASE("a subscriber to a queue that is deleted is told") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    Process sub({built("zex"), "sub", "--queue", "q"}, "", zex.at);
    REQUIRE(sub.err_line("ready"));
    REQUIRE(zex({"delete", "queue", "q"}).code == 0);
    CHECK(sub.wait() == 65);
    CHECK(sub.err().find("deleted") != std::string::npos);
}

TEST_CASE("a peek at large messages shows as many as fit into its bound, at least one") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    REQUIRE(
        zex({"pub", "", "q", "--file", "-", "--count", "5"}, std::string(1'000'000, 'x')).code ==
        0);
    const Finished peeked = zex({"peek", "q", "--count", "5", "-o", "json"});
    REQUIRE(peeked.code == 0);
    CHECK(json::parse(peeked.out).size() == 3);
}
