// What the tool does at the ends of pipes: nothing is lost without a word.
#include <csignal>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/tool.h"

using nlohmann::json;
using namespace zex::test;

namespace {

std::string numbered(int count) {
    std::string lines;
    for (int i = 1; i <= count; ++i) lines += std::to_string(i) + "\n";
    return lines;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a message for a queue that is not there is an error, also with -q, unless asked for") {
    Tool zex;
    const Finished lost = zex({"pub", "", "nosuch", "x", "-q"});
    CHECK(lost.code == 65);
    CHECK(contains(lost.err, "unroutable"));
    const Finished asked = zex({"pub", "", "nosuch", "x", "--no-mandatory", "-q"});
    CHECK(asked.code == 0);
    CHECK(contains(asked.err, "no queue took it"));
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    const Finished unbound = zex({"pub", "x", "k", "m", "-q"});
    CHECK(unbound.code == 0);
    CHECK(contains(unbound.err, "no queue took it (zex explain 'x' 'k')"));
}

TEST_CASE("a reader that takes one line and goes has taken few messages from the queue") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    REQUIRE(zex({"pub", "", "q", "--lines", "-"}, numbered(5000)).code == 0);
    const Finished first = zex.shell("zex sub --queue q --raw | head -1");
    CHECK(first.out == "1\n");
    CHECK(contains(first.err, "nobody reads any more"));
    REQUIRE(zex.shows("q", "unacked", 0));
    CHECK(zex.row("queues", "q").at("ready") >= 4900);
}

TEST_CASE("sub ends when its reader has gone, also when nothing comes") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    Process piped({"/bin/bash", "-c", "'" + built("zex") + "' sub x --key k --raw | head -1"}, "",
                  zex.at);
    REQUIRE(piped.err_line("ready"));
    REQUIRE(zex({"pub", "x", "k", "one"}).code == 0);
    CHECK(piped.wait() == 0);
    CHECK(piped.out() == "one\n");
}

TEST_CASE("sub says that its exchange was deleted") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    Process sub({built("zex"), "sub", "x", "--key", "k"}, "", zex.at);
    REQUIRE(sub.err_line("ready"));
    REQUIRE(zex({"delete", "exchange", "x"}).code == 0);
    CHECK(sub.wait() == 65);
    CHECK(contains(sub.err(), "exchange 'x' was deleted"));
}

TEST_CASE("a watcher that does not read stops nobody") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "shop"}).code == 0);
    REQUIRE(zex({"declare", "queue", "orders"}).code == 0);
    REQUIRE(zex({"bind", "orders", "shop", "--key", "new"}).code == 0);
    Process watcher({built("zex"), "sub", "shop", "--key", "new", "--keep", "100"}, "", zex.at);
    REQUIRE(watcher.err_line("ready"));
    watcher.signal(SIGSTOP);
    CHECK(zex({"pub", "shop", "new", std::string(200, 'x'), "--count", "5000"}).code == 0);
    CHECK(zex.row("queues", "orders").at("ready") == 5000);
    watcher.signal(SIGCONT);
    watcher.signal(SIGINT);
    CHECK(watcher.wait() == 0);
    CHECK(contains(watcher.err(), "dropped, the oldest first"));
}

TEST_CASE("a queue is drained into a file and published again with everything") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    const std::vector<std::vector<std::string>> messages = {
        {"{\"id\":123456789012345678901234567890,\"a\":1,\"a\":2}", "application/json"},
        {"{\n \"pretty\": true\n}", "application/json"},
        {"\xff\x00z", "application/octet-stream"},
        {"\"text\"", "text/plain"},
        {"not json", "application/json"},
        {"\xcb\x7f\xf8", "application/msgpack"},
        {"", ""}};
    for (const auto& message : messages) {
        REQUIRE(zex({"pub", "", "q", "--file", "-", "--content-type", message[1], "--type", "order",
                     "--version", "2.1", "--header", "host=a", "--message-id", "m-1"},
                    message[0])
                    .code == 0);
    }
    const Finished drained = zex({"sub", "--queue", "q", "--json", "--count", "7"});
    REQUIRE(drained.code == 0);
    CHECK(contains(drained.out,
                   "\"payload\":{\"id\":123456789012345678901234567890,\"a\":1,\"a\":2}"));
    REQUIRE(zex.shows("q", "unacked", 0));
    REQUIRE(zex({"pub", "", "q", "--jsonl", "--file", "-"}, drained.out).code == 0);
    const Finished again = zex({"sub", "--queue", "q", "--json", "--count", "7"});
    REQUIRE(lines_of(again.out).size() == 7);
    for (std::size_t i = 0; i < 7; ++i) {
        json before = json::parse(lines_of(drained.out)[i]);
        json after = json::parse(lines_of(again.out)[i]);
        before.erase("tag");
        after.erase("tag");
        CHECK(before == after);
        CHECK(after.value("message_id", "") == "m-1");
    }
}

TEST_CASE("a line that is no message names itself") {
    Tool zex;
    const Finished bad = zex({"pub", "--jsonl", "-"}, "{\"key\":\"q\"}\n");
    CHECK(bad.code == 65);
    CHECK(contains(bad.err, "line 1: there is no payload"));
}

TEST_CASE("move brings messages with their properties from one queue to another") {
    Tool zex;
    for (const char* queue : {"from", "to"}) REQUIRE(zex({"declare", "queue", queue}).code == 0);
    REQUIRE(zex({"pub", "", "from", "--lines", "--type", "t", "-"}, numbered(3000)).code == 0);
    const Finished some = zex({"move", "from", "to", "--count", "10"});
    CHECK(some.code == 0);
    CHECK(contains(some.err, "moved 10 messages"));
    CHECK(zex.shows("from", "ready", 2990));
    CHECK(zex({"move", "from", "to"}).code == 0);
    CHECK(zex.shows("from", "ready", 0));
    CHECK(zex.row("queues", "from").at("unacked") == 0);
    CHECK(zex.row("queues", "to").at("ready") == 3000);
    const json first = json::parse(zex({"peek", "to", "-o", "json"}).out).at(0);
    CHECK(first.at("data") == "1");
    CHECK(first.at("properties").at("type") == "t");
}

TEST_CASE("move stops where the other queue takes no more, and loses nothing") {
    Tool zex;
    REQUIRE(zex({"declare", "queue", "from"}).code == 0);
    REQUIRE(zex({"declare", "queue", "to", "--max-messages", "7"}).code == 0);
    REQUIRE(zex({"pub", "", "from", "--lines", "-"}, numbered(500)).code == 0);
    const Finished moved = zex({"move", "from", "to"});
    CHECK(moved.code == 65);
    CHECK(contains(moved.err, "queue_full"));
    CHECK(contains(moved.err, "moved 7 messages"));
    CHECK(zex.shows("from", "ready", 493));
    CHECK(zex({"move", "from", "nosuch"}).code == 65);
    CHECK(zex({"move", "from", "from"}).code == 64);
}

TEST_CASE("a closed standard output is an error of every command") {
    Tool zex;
    for (const char* command : {"ping", "queues", "status", "--help", "--version"}) {
        INFO(command);
        CHECK(zex.shell(std::string("zex ") + command + " >&-").code == 74);
        CHECK(zex.shell(std::string("zex ") + command + " >/dev/full").code == 74);
    }
}

TEST_CASE("what was mistyped is named with what was meant") {
    Tool zex;
    const auto refused = [&](const std::vector<std::string>& line, const std::string& part) {
        const Finished said = zex(line);
        INFO(said.err);
        CHECK(said.code == 64);
        CHECK(contains(said.err, part));
    };
    refused({"queues", "--colums", "name"}, "unknown option --colums; did you mean --columns?");
    refused({"queeus"}, "did you mean 'queues'?");
    refused({"declare", "queue", "a", "--max-messages", "-1"}, "not a whole number");
    refused({"ping", "--endpoint", "127.0.0.1:5695"}, "did you mean tcp://127.0.0.1:5695?");
    CHECK(zex({}).code == 0);
    CHECK(contains(zex({}).out, "Examples:"));
    CHECK(contains(zex({"list", "queues"}).out, "READY"));
    CHECK(contains(zex({"help", "queues"}).out, "--columns"));
    const Finished unknown =
        run({built("zex"), "ping", "--endpoint", "tcp://no.such.host.invalid:1"});
    CHECK(unknown.code == 69);
    CHECK(contains(unknown.err, "no.such.host.invalid"));
}
