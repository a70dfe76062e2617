#include "broker/core/settle.h"

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

constexpr std::uint64_t greatest = ~std::uint64_t{0};

/// A consumer "c" of queue "q" that holds `count` messages, payloads "1", "2", …
Client& holding(Story& story, int count) {
    Client& a = story["a"];
    a.declares("q");
    Lines payloads;
    for (int i = 1; i <= count; ++i) payloads.push_back(std::to_string(i));
    a.sends("q", payloads);
    a.consumes("q", "c", static_cast<std::uint64_t>(count));
    return a;
}

Lines settle_ranges(Client& client, std::vector<wire::TagRange> tags,
                    wire::Settlement action = wire::Settlement::ack, bool up_to = false,
                    std::optional<std::uint64_t> id = 1) {
    wire::Settle verb;
    verb.consumer = "c";
    verb.tags = std::move(tags);
    verb.action = action;
    verb.up_to = up_to;
    return client.does(std::move(verb), id);
}

}  // namespace

TEST_CASE("ack, reject and requeue each do their part", "[settle]") {
    Story story;
    Client& a = holding(story, 3);
    CHECK(a.acks("c", 1) == Lines{"ok changed=1"});
    CHECK(a.rejects("c", 2) == Lines{"ok changed=1"});
    CHECK(a.requeues("c", 3) == Lines{"ok changed=1", "c #4 3 (2)"});
    CHECK(story.counters().acked == 1);
    CHECK(story.counters().dropped_rejected == 1);
    CHECK(story.counters().requeued == 1);
    CHECK(story.queue("q").messages() == 1);
}

TEST_CASE("a settle without an id is answered only where it fails", "[settle]") {
    Story story;
    Client& a = holding(story, 1);
    CHECK(settle_ranges(a, {{1, 1}}, wire::Settlement::ack, false, std::nullopt).empty());
    CHECK(settle_ranges(a, {{1, 1}}, wire::Settlement::ack, false, std::nullopt) ==
          Lines{"error no_such_delivery [tag]"});
}

TEST_CASE("settling a delivery twice is an error the second time", "[settle]") {
    Story story;
    Client& a = holding(story, 3);
    a.acks("c", 2);
    CHECK(a.acks("c", 2) == Lines{"error no_such_delivery [tag]"});
    CHECK(settle_ranges(a, {{1, 1}, {1, 1}}) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.counters().acked == 2);
}

TEST_CASE("a tag that was never given is an error, and the others are settled", "[settle]") {
    Story story;
    Client& a = holding(story, 3);
    CHECK(a.acks("c", 0) == Lines{"error no_such_delivery [tag]"});
    CHECK(a.acks("c", 4) == Lines{"error no_such_delivery [tag]"});
    CHECK(settle_ranges(a, {{9, 9}, {1, 2}}) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.queue("q").unacked() == 1);
}

TEST_CASE("huge and overlapping ranges settle each delivery once and cost no more than that",
          "[settle]") {
    Story story;
    Client& a = holding(story, 5);
    CHECK(settle_ranges(a, {{0, greatest},
                            {1, greatest},
                            {1, greatest},
                            {greatest, greatest},
                            {2, 3},
                            {4, greatest - 1}}) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.counters().acked == 5);
    CHECK(settle_ranges(a, {{0, greatest}}) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.counters().acked == 5);
    CHECK(story.counters().stale_settles == 0);
}

TEST_CASE("huge ranges of stale tags are counted without being walked", "[settle]") {
    Story story;
    Client& a = holding(story, 5);
    a.is_lost();
    a.resumes();
    CHECK(settle_ranges(a, {{0, greatest}}) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.counters().stale_settles == 5);
    CHECK(story.counters().acked == 5);
}

TEST_CASE("a range that ends before it begins settles nothing", "[settle]") {
    Story story;
    Client& a = holding(story, 3);
    CHECK(settle_ranges(a, {{3, 1}}) == Lines{"ok changed=0"});
    CHECK(story.queue("q").unacked() == 3);
}

TEST_CASE("ranges and single tags may come in any order", "[settle]") {
    Story story;
    Client& a = holding(story, 10);
    CHECK(settle_ranges(a, {{9, 10}, {1, 1}, {4, 6}, {3, 3}}) == Lines{"ok changed=7"});
    CHECK(story.queue("q").unacked() == 3);
}

TEST_CASE("up_to settles all that is held up to the tag", "[settle]") {
    Story story;
    Client& a = holding(story, 6);
    a.acks("c", 2);
    CHECK(settle_ranges(a, {{4, 4}}, wire::Settlement::ack, true) == Lines{"ok changed=3"});
    CHECK(settle_ranges(a, {{4, 4}}, wire::Settlement::ack, true) == Lines{"ok changed=0"});
    CHECK(settle_ranges(a, {{7, 7}}, wire::Settlement::ack, true) ==
          Lines{"error no_such_delivery [tag]"});
    CHECK(settle_ranges(a, {{greatest, greatest}}, wire::Settlement::ack, true) ==
          Lines{"error no_such_delivery [tag]"});
    CHECK(settle_ranges(a, {{6, 6}}, wire::Settlement::reject, true) == Lines{"ok changed=2"});
    CHECK(story.memory() == 0);
}

TEST_CASE("an unknown consumer's deliveries cannot be settled", "[settle]") {
    Story story;
    holding(story, 1);
    CHECK(story["b"].acks("c", 1) == Lines{"error no_such_consumer [consumer]"});
    CHECK(story["b"].acks("", 1) == Lines{"error no_such_delivery [tag]"});
}

TEST_CASE("requeued messages of two consumers return to their places among each other",
          "[settle]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    Client& c = story["c"];
    a.declares("q");
    b.consumes("q", "x", 3);
    c.consumes("q", "y", 3);
    for (const char* payload : {"1", "2", "3", "4", "5", "6"}) a.sends("q", {payload});
    CHECK(b.hears() == Lines{"x #1 1", "x #2 3", "x #3 5"});
    CHECK(c.hears() == Lines{"y #1 2", "y #2 4", "y #3 6"});
    a.sends("q", {"7"});
    b.is_blocked();
    c.is_blocked();
    b.requeues("x", 2, 3);
    CHECK(story.ready("q") == Lines{"3", "5", "7"});
    c.requeues("y", 1, 3);
    CHECK(story.ready("q") == Lines{"2", "3", "4", "5", "6", "7"});
    b.is_lost();
    CHECK(story.ready("q") == Lines{"1", "2", "3", "4", "5", "6", "7"});
    CHECK(c.is_ready() == Lines{"y #4 1 (2)", "y #5 2 (2)", "y #6 3 (2)"});
}

TEST_CASE("each redelivery raises the count of deliveries", "[settle]") {
    Story story;
    Client& a = holding(story, 1);
    CHECK(a.requeues("c", 1) == Lines{"ok changed=1", "c #2 1 (2)"});
    CHECK(a.requeues("c", 2) == Lines{"ok changed=1", "c #3 1 (3)"});
    CHECK(a.requeues("c", 3) == Lines{"ok changed=1", "c #4 1 (4)"});
    CHECK(story.counters().delivered == 4);
    CHECK(story.counters().redelivered == 3);
    CHECK(story.queue("q").counters().redelivered == 3);
}

TEST_CASE("deliveries of several queues taken by get are settled together", "[settle]") {
    Story story;
    Client& a = story["a"];
    for (const char* queue : {"q", "r", "s"}) {
        a.declares(queue);
        a.sends(queue, {std::string(queue) + "1", std::string(queue) + "2"});
    }
    for (const char* queue : {"s", "q", "r", "q", "s", "r"}) a.gets(queue);
    a.deletes("r");
    CHECK(a.requeues("", 1, 6) == Lines{"ok changed=4"});  // those of r went with it
    CHECK(story.ready("q") == Lines{"q1", "q2"});
    CHECK(story.ready("s") == Lines{"s1", "s2"});
    CHECK(story.counters().requeued == 4);
}

TEST_CASE("a late settle never touches another delivery", "[settle]") {
    Story story;
    Client& a = holding(story, 2);
    a.deletes("q");
    holding(story, 2);
    CHECK(a.session().last_tag == 4);
    CHECK(a.acks("c", 1, 2) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.counters().acked == 0);
    CHECK(story.queue("q").unacked() == 2);
    a.does(wire::Cancel{"c"});
    CHECK(a.acks("c", 3, 4) == Lines{"ok changed=2"});
    a.sends("q", {"1"});
    CHECK(a.consumes("q", "c") == Lines{"ok queue=q consumer=c", "c #5 1"});
    CHECK(a.acks("c", 3, 4) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.queue("q").unacked() == 1);
}

TEST_CASE("the tags of a session's consumers and of get are one count", "[settle]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.declares("r");
    a.sends("q", {"1"});
    a.sends("r", {"2", "3"});
    CHECK(a.consumes("q", "c") == Lines{"ok queue=q consumer=c", "c #1 1"});
    CHECK(a.gets("r") == Lines{"got #2 2 left=1"});
    CHECK(a.consumes("r", "d") == Lines{"ok queue=r consumer=d", "d #3 3"});
    CHECK(a.acks("c", 3) == Lines{"error no_such_delivery [tag]"});
    CHECK(a.acks("d", 2) == Lines{"error no_such_delivery [tag]"});
    CHECK(story.counters().acked == 0);
    CHECK(a.acks("d", 3) == Lines{"ok changed=1"});
}

TEST_CASE("an error to a settle tells what it did, and which it was", "[settle]") {
    Story story;
    Client& a = holding(story, 3);
    wire::Settle verb;
    verb.consumer = "c";
    verb.tags = {{1, 1}, {7, 9}};
    const bool with_id = GENERATE(true, false);
    wire::Request request{std::nullopt, verb};
    if (with_id) request.id = 5;
    Effects effects;
    story.core.apply(PeerRequest{a.connection, wire::Form::json, "", &request}, {story.now},
                     effects);
    const auto& answer = std::get<Answer>(effects.list.at(0));
    const auto& error = std::get<wire::ErrorReply>(answer.reply.answer);
    CHECK(error.changed == 1);
    CHECK(error.consumer == (with_id ? "" : "c"));
    CHECK(error.tags == (with_id ? std::vector<wire::TagRange>{} : verb.tags));
}

}  // namespace zex::core
