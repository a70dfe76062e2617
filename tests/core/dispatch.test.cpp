#include "broker/core/dispatch.h"

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

Lines payloads(int count) {
    Lines lines;
    for (int i = 1; i <= count; ++i) lines.push_back(std::to_string(i));
    return lines;
}

}  // namespace

TEST_CASE("competing consumers get single messages in turn", "[dispatch]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    for (const char* name : {"x", "y", "z"}) story[name].consumes("q", name);
    for (const char* payload : {"1", "2", "3", "4"}) a.sends("q", {payload});
    CHECK(story["x"].hears() == Lines{"x #1 1", "x #2 4"});
    CHECK(story["y"].hears() == Lines{"y #1 2"});
    CHECK(story["z"].hears() == Lines{"z #1 3"});
}

TEST_CASE("a batch is shared evenly among consumers", "[dispatch]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    for (const char* name : {"x", "y", "z"}) story[name].consumes("q", name, 10'000);
    a.sends("q", payloads(900));
    for (const char* name : {"x", "y", "z"}) {
        const std::size_t got = story[name].hears().size();
        CHECK(got >= 236);
        CHECK(got <= 364);
    }
}

TEST_CASE("a consumer without credit is passed over and comes back with its ack", "[dispatch]") {
    Story story;
    Client& a = story["a"];
    Client& x = story["x"];
    Client& y = story["y"];
    a.declares("q");
    x.consumes("q", "x", 1);
    y.consumes("q", "y", 3);
    a.sends("q", payloads(6));
    CHECK(x.hears() == Lines{"x #1 1"});
    CHECK(y.hears().size() == 3);
    CHECK(story.queue("q").ready() == 2);
    CHECK(x.acks("x", 1) == Lines{"ok changed=1", "x #2 5"});
    CHECK(y.acks("y", 1) == Lines{"ok changed=1", "y #4 6"});
}

TEST_CASE("one queue's messages come to one consumer in their order", "[dispatch]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.consumes("q", "c", 1000);
    Lines expected;
    for (int i = 1; i <= 500; ++i) {
        expected.push_back("c #" + std::to_string(i) + " " + std::to_string(i));
    }
    Lines heard = a.sends("q", payloads(500));
    heard.erase(heard.begin());  // the confirm
    CHECK(heard == expected);
}

TEST_CASE("a backlog is handed out in bursts, each after a tick", "[dispatch]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    a.declares("q");
    const Lines backlog(burst_messages, "");
    a.sends("q", backlog);
    a.sends("q", {"x", "y"});
    CHECK(b.consumes("q", "c", 1, true).size() == 1 + burst_messages);
    CHECK(story.queue("q").ready() == 2);
    REQUIRE(story.core.next_deadline());
    CHECK(*story.core.next_deadline() <= story.now);
    story.apply(Tick{});
    CHECK(b.hears() == Lines{"c #65537 x", "c #65538 y"});
    CHECK_FALSE(story.core.next_deadline());
}

TEST_CASE("a burst ends at a number of bytes, with whatever credit", "[dispatch]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    const std::string large(burst_bytes / 4, 'x');
    a.sends("q", {large, large, large, large, large, large});
    wire::Consume verb{"q", "c", 1000, ~std::uint64_t{0}, false, false};
    CHECK(a.does(verb).size() == 1 + 4);
    story.tick_while_due();
    CHECK(a.hears().size() == 2);
}

TEST_CASE("a consumer that is blocked or gone at the tick gets no further burst", "[dispatch]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    a.declares("q");
    const Lines backlog(burst_messages + 10, "");
    a.sends("q", backlog);
    b.consumes("q", "c", 1, true);
    b.is_blocked();
    story.tick_while_due();
    CHECK(b.hears().empty());
    CHECK(b.is_ready().size() == 10);
    a.sends("q", backlog);
    b.is_lost();
    a.deletes("q");
    story.tick_while_due();
    CHECK(story.memory() == 0);
}

TEST_CASE("a delivery carries what the session and the consumer understand", "[dispatch]") {
    Story story;
    Client& a = story.stranger("a");
    wire::Hello hello;
    hello.batch = true;
    a.opens(hello);
    a.declares("q");
    a.sends("q", {"1", "2"});
    const wire::Request request{9, wire::Consume{"q", "c", {}, {}, false, true}};
    Effects effects;
    story.core.apply(PeerRequest{a.connection, wire::Form::json, "", &request}, {story.now},
                     effects);
    REQUIRE(effects.list.size() == 2);
    const auto& deliver = std::get<Deliver>(effects.list[1]);
    CHECK(deliver.batch);
    CHECK(deliver.data);
    CHECK(deliver.name == "c");
    CHECK_FALSE(deliver.id);
    CHECK(deliver.end - deliver.begin == 2);
    CHECK(effects.messages[deliver.begin].heading->key == "q");
}

}  // namespace zex::core
