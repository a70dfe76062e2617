#include "broker/core/consume.h"

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

Client& with_queue(Story& story, const Lines& payloads = {}, bool auto_delete = false) {
    Client& a = story["a"];
    wire::DeclareQueue verb;
    verb.queue = "q";
    verb.auto_delete = auto_delete;
    a.does(std::move(verb));
    if (!payloads.empty()) a.sends("q", payloads);
    return a;
}

Lines cancel(Client& client, std::string consumer) {
    return client.does(wire::Cancel{std::move(consumer)});
}

}  // namespace

TEST_CASE("consume answers first and then delivers what waits, as far as credit goes",
          "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2", "3"});
    CHECK(a.consumes("q", "c", 2) == Lines{"ok queue=q consumer=c", "c #1 1", "c #2 2"});
    CHECK(a.acks("c", 1) == Lines{"ok changed=1", "c #3 3"});
}

TEST_CASE("an unnamed consumer is named by the broker, past names that are taken", "[consume]") {
    Story story;
    Client& a = with_queue(story);
    CHECK(a.consumes("q", "c-1") == Lines{"ok queue=q consumer=c-1"});
    CHECK(a.consumes("q", "") == Lines{"ok queue=q consumer=c-2"});
    CHECK(a.consumes("q", "") == Lines{"ok queue=q consumer=c-3"});
}

TEST_CASE("consuming again under the same name is fine where it asks for the same", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2"});
    a.declares("r");
    a.consumes("q", "c", 1);
    CHECK(a.consumes("q", "c", 1) == Lines{"ok queue=q consumer=c"});
    CHECK(story.queue("q").consumers.size() == 1);
    CHECK(a.does(wire::Consume{"q", "c", {}, {}, false, false}) == Lines{"ok queue=q consumer=c"});
    CHECK(a.consumes("q", "c", 2) == Lines{"error consumer_exists [consumer]"});
    CHECK(a.consumes("q", "c", 1, true) == Lines{"error consumer_exists [consumer]"});
    CHECK(a.consumes("r", "c", 1) == Lines{"error consumer_exists [consumer]"});
    CHECK(a.acks("c", 1) == Lines{"ok changed=1", "c #2 2"});
}

TEST_CASE("a consumer's name is unique in its session only", "[consume]") {
    Story story;
    Client& a = with_queue(story);
    a.consumes("q", "c");
    CHECK(story["b"].consumes("q", "c") == Lines{"ok queue=q consumer=c"});
}

TEST_CASE("a credit that is none is refused", "[consume]") {
    Story story;
    Client& a = with_queue(story);
    CHECK(a.consumes("q", "c", 0) == Lines{"error bad_field [credit]"});
    CHECK(a.consumes("q", "c", 1'000'001) == Lines{"error bad_field [credit]"});
    wire::Consume verb{"q", "c", {}, 0, false, false};
    CHECK(a.does(verb) == Lines{"error bad_field [credit_bytes]"});
    CHECK(a.consumes("p", "c") == Lines{"error no_such_queue [queue]"});
    CHECK(story.queue("q").consumers.empty());
    a.consumes("q", "c");
    CHECK(a.does(wire::Credit{"c", 0, {}}) == Lines{"error bad_field [credit]"});
    CHECK(a.does(wire::Credit{"d", 1, {}}) == Lines{"error no_such_consumer [consumer]"});
}

TEST_CASE("the number of a session's consumers is bounded", "[consume]") {
    Limits limits;
    limits.session_consumers = 2;
    Story story(limits);
    Client& a = with_queue(story);
    a.consumes("q", "c");
    a.consumes("q", "d");
    CHECK(a.consumes("q", "e") == Lines{"error limit_reached"});
    cancel(a, "c");
    CHECK(a.consumes("q", "e") == Lines{"ok queue=q consumer=e"});
}

TEST_CASE("credit in bytes stops deliveries once it is used up", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"12345", "12345", "12345"});
    wire::Consume verb{"q", "c", {}, 6, false, false};
    CHECK(a.does(verb) == Lines{"ok queue=q consumer=c", "c #1 12345", "c #2 12345"});
    CHECK(a.acks("c", 1) == Lines{"ok changed=1", "c #3 12345"});
}

TEST_CASE("more credit brings more deliveries, less takes none back", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2", "3", "4"});
    a.consumes("q", "c", 1);
    CHECK(a.does(wire::Credit{"c", 3, {}}) == Lines{"ok consumer=c", "c #2 2", "c #3 3"});
    CHECK(a.does(wire::Credit{"c", 1, {}}) == Lines{"ok consumer=c"});
    CHECK(a.acks("c", 1, 2) == Lines{"ok changed=2"});
    CHECK(a.acks("c", 3) == Lines{"ok changed=1", "c #4 4"});
}

TEST_CASE("without acks everything is delivered and settled by that", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2", "3"});
    CHECK(a.consumes("q", "c", 1, true) ==
          Lines{"ok queue=q consumer=c", "c #1 1", "c #2 2", "c #3 3"});
    CHECK(story.counters().auto_acked == 3);
    CHECK(story.counters().acked == 0);
    CHECK(story.queue("q").messages() == 0);
    CHECK(story.memory() == 0);
    CHECK(a.acks("c", 1) == Lines{"error no_such_delivery [tag]"});
}

TEST_CASE("a cancelled consumer gets nothing more and may settle what it holds", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2", "3"});
    a.consumes("q", "c", 2);
    CHECK(cancel(a, "c") == Lines{"ok consumer=c"});
    CHECK(a.sends("q", {"4"}) == Lines{"confirm 1 queues=1"});
    CHECK(a.acks("c", 1) == Lines{"ok changed=1"});
    CHECK(cancel(a, "c") == Lines{"error no_such_consumer [consumer]"});
    CHECK(a.does(wire::Credit{"c", 5, {}}) == Lines{"error no_such_consumer [consumer]"});
    CHECK(a.requeues("c", 2) == Lines{"ok changed=1"});
    CHECK(story.ready("q") == Lines{"2", "3", "4"});
    CHECK(a.acks("c", 2) == Lines{"error no_such_consumer [consumer]"});
    CHECK(a.consumes("q", "c", 1) == Lines{"ok queue=q consumer=c", "c #3 2 (2)"});
}

TEST_CASE("a cancelled consumer's name is free at once, and what it holds may still be settled",
          "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2"});
    a.declares("r");
    a.sends("r", {"3"});
    a.consumes("q", "c", 1);
    cancel(a, "c");
    CHECK(a.consumes("r", "c", 2) == Lines{"ok queue=r consumer=c", "c #2 3"});
    CHECK(a.session().unacked() == 2);
    a.deletes("r");
    CHECK(a.acks("c", 2) == Lines{"error no_such_delivery [tag]"});
    CHECK(a.acks("c", 1) == Lines{"ok changed=1"});
    CHECK(a.session().consumers.empty());
    CHECK(story.counters().acked == 1);
    CHECK(story.ready("q") == Lines{"2"});
}

TEST_CASE("what a cancelled consumer holds goes back when the connection is lost", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1"});
    a.consumes("q", "c");
    cancel(a, "c");
    a.is_lost();
    CHECK(story.ready("q") == Lines{"1"});
    CHECK(a.resumes() == Lines{"welcome s-1 epoch=2 resumed"});
    CHECK(a.session().consumers.empty());
}

TEST_CASE("an auto-delete queue goes with its last consumer, not before its first", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2"}, true);
    a.consumes("q", "c", 1);
    a.consumes("q", "d", 1);
    cancel(a, "c");
    CHECK(story.core.topology().queues() == 1);
    cancel(a, "d");
    CHECK(story.core.topology().queues() == 0);
    CHECK(story.counters().dropped_auto_deleted == 2);
    CHECK(story.memory() > 0);  // both consumers hold one still
    CHECK(a.acks("c", 1) == Lines{"ok changed=0"});
    CHECK(a.rejects("d", 2) == Lines{"ok changed=0"});
    CHECK(story.memory() == 0);
    CHECK(story.counters().acked == 0);
}

TEST_CASE("an auto-delete queue waits out its consumers' grace period", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1"}, true);
    Client& b = story["b"];
    b.consumes("q", "c");
    b.is_lost();
    CHECK(story.ready("q") == Lines{"1"});
    story.pass(std::chrono::seconds(30));
    CHECK(story.core.topology().queues() == 0);
    CHECK(story.counters().dropped_auto_deleted == 1);
    CHECK(a.gets("q") == Lines{"error no_such_queue [queue]"});
}

TEST_CASE("get takes the head and says how many are left", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1", "2"});
    CHECK(a.gets("q") == Lines{"got #1 1 left=1"});
    CHECK(a.gets("q", true) == Lines{"got #0 2 left=0"});
    CHECK(a.gets("q") == Lines{"empty"});
    CHECK(a.gets("p") == Lines{"error no_such_queue [queue]"});
    CHECK(a.requeues("", 1) == Lines{"ok changed=1"});
    CHECK(a.gets("q") == Lines{"got #2 1 (2) left=0"});
    CHECK(story.counters().auto_acked == 1);
    CHECK(story.counters().redelivered == 1);
}

TEST_CASE("a consumer whose pipe is full waits, and others take its turn", "[consume]") {
    Story story;
    Client& a = with_queue(story);
    Client& b = story["b"];
    Client& c = story["c"];
    b.consumes("q", "x");
    c.consumes("q", "y");
    b.is_blocked();
    a.sends("q", {"1", "2"});
    CHECK(b.hears().empty());
    CHECK(c.hears() == Lines{"y #1 1", "y #2 2"});
    c.is_blocked();
    a.sends("q", {"3"});
    CHECK(c.hears().empty());
    CHECK(b.is_ready() == Lines{"x #1 3"});
    CHECK(c.is_ready().empty());
}

TEST_CASE("a resumed session is not held to be blocked", "[consume]") {
    Story story;
    Client& a = with_queue(story, {"1"});
    Client& b = story["b"];
    b.is_blocked();
    b.consumes("q", "c");
    b.is_lost();
    CHECK(b.resumes() == Lines{"welcome s-2 epoch=2 resumed", "c #1 1"});
    CHECK(a.hears().empty());
}

}  // namespace zex::core
