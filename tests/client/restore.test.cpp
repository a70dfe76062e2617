// What comes back after a lost connection, and in which order.
#include <catch2/catch.hpp>

#include "tests/client/session_story.h"

using namespace zex;
using namespace zex::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

wire::Ok named(const std::string& queue) {
    wire::Ok ok;
    ok.queue = queue;
    return ok;
}

wire::DeclareExchange exchange(const std::string& name) {
    wire::DeclareExchange declare;
    declare.exchange = name;
    return declare;
}

wire::Consume consume(const std::string& queue, const std::string& consumer) {
    wire::Consume out;
    out.queue = queue;
    out.consumer = consumer;
    return out;
}

/// A client with an exchange, a temporary queue bound to it, and a consumer of that queue.
void settle_in(SessionStory& story) {
    story.connect();
    story.done(exchange("logs"));
    story.done(wire::DeclareQueue{}, named("zex.tmp-1"));
    story.done(wire::Bind{"zex.tmp-1", "logs", {"error", "info"}});
    story.done(consume("zex.tmp-1", "c"));
    story.take<Notify>();
}

/// Answers the declarations of a restoration: the temporary queue is called `queue` now.
void answer_names(SessionStory& story, const std::string& queue) {
    const auto exchanges = story.sent<wire::DeclareExchange>();
    const auto queues = story.sent<wire::DeclareQueue>();
    REQUIRE(exchanges.size() == 1);
    REQUIRE(queues.size() == 1);
    CHECK(queues[0].second.queue.empty());
    story.say(exchanges[0].first, wire::Ok{});
    story.say(queues[0].first, named(queue));
}

}  // namespace

TEST_CASE("an expired session gets its queues, bindings and consumers back under new names") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    CHECK_FALSE(story.session.open());
    answer_names(story, "zex.tmp-2");
    CHECK(story.session.open());
    const auto binds = story.sent<wire::Bind>();
    const auto consumes = story.sent<wire::Consume>();
    REQUIRE(binds.size() == 1);
    CHECK(binds[0].second.queue == "zex.tmp-2");
    CHECK(binds[0].second.keys == std::vector<std::string>{"error", "info"});
    REQUIRE(consumes.size() == 1);
    CHECK(consumes[0].second.queue == "zex.tmp-2");
    CHECK(consumes[0].second.consumer == "c");

    // Only when all is back does the program hear of it.
    CHECK(story.take<Notify>().back().change.state == ConnectionState::connecting);
    story.say(binds[0].first, wire::Ok{});
    story.say(consumes[0].first, wire::Ok{});
    CHECK(story.take<Notify>().back().change.state == ConnectionState::connected);

    // The old name stays good here.
    story.ask(wire::Purge{"zex.tmp-1"});
    CHECK(story.sent<wire::Purge>().at(0).second.queue == "zex.tmp-2");
}

TEST_CASE("a resumed session declares nothing again") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(true);
    CHECK(story.take<SendRequest>().empty());
    CHECK(story.session.open());
}

TEST_CASE("what was deleted, unbound or cancelled does not come back") {
    SessionStory story;
    settle_in(story);
    story.done(wire::Unbind{"zex.tmp-1", "logs", {"info"}});
    story.done(wire::Cancel{"c"});
    SECTION("one key less") {
        story.lose();
        story.connect(false);
        answer_names(story, "zex.tmp-2");
        CHECK(story.sent<wire::Bind>().at(0).second.keys == std::vector<std::string>{"error"});
        CHECK(story.sent<wire::Consume>().empty());
    }
    SECTION("no queue at all") {
        story.done(wire::DeleteQueue{"zex.tmp-1"});
        story.lose();
        story.connect(false);
        CHECK(story.sent<wire::DeclareQueue>().empty());
        story.say(story.sent<wire::DeclareExchange>().at(0).first, wire::Ok{});
        CHECK(story.sent<wire::Bind>().empty());
        CHECK(story.session.open());
    }
}

TEST_CASE("a consumer that cannot be restored ends with the broker's reason") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    answer_names(story, "zex.tmp-2");
    story.say(story.sent<wire::Bind>().at(0).first, wire::Ok{});
    story.say(story.sent<wire::Consume>().at(0).first,
              wire::ErrorReply{error(ErrorCode::limit_reached, "too many"), {}});
    const auto ended = story.take<ConsumerEnded>();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].consumer == "c");
    const auto change = story.take<Notify>().back().change;
    CHECK(change.state == ConnectionState::connected);
    CHECK(change.error->code == ErrorCode::limit_reached);
}

TEST_CASE("a connection that breaks while restoring begins the restoration anew") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    story.sent<wire::DeclareExchange>();
    story.sent<wire::DeclareQueue>();
    story.lose();
    story.connect(false);
    answer_names(story, "zex.tmp-3");
    CHECK(story.sent<wire::Bind>().at(0).second.queue == "zex.tmp-3");
}

TEST_CASE("what was under way is sent again in its order, publishes and requests alike") {
    SessionStory story;
    story.connect();
    auto first = story.publish({"a", "b", "c"});
    const auto asked = story.ask(wire::Purge{"q"});
    auto second = story.publish({"d"});
    const std::uint64_t first_id = story.take<SendBatch>().at(0).id.value();
    story.take<SendRequest>();
    story.say(first_id + 1, wire::Confirm{1, 1});

    story.lose();
    story.connect(true);
    std::vector<std::string> order;
    for (const Effect& effect : story.effects) {
        if (const auto* batch = std::get_if<SendBatch>(&effect)) {
            order.push_back("publish " +
                            std::string(batch->batch->body(batch->first, batch->count).view()) +
                            " as " + std::to_string(*batch->id - first_id));
        } else if (std::holds_alternative<SendRequest>(effect)) {
            order.push_back("request");
        }
    }
    CHECK(order == std::vector<std::string>{"publish a as 0", "publish c as 2", "request",
                                            "publish d as 4"});
    CHECK_FALSE(asked->answer);
}

TEST_CASE("posted messages are sent once and not again") {
    SessionStory story;
    story.connect();
    Message message{Payload::text("fire")};
    auto batch =
        std::make_shared<Batch>(BatchTerms{"logs", false, false, seconds(5)}, message, story.now);
    batch->add("key", message, {});
    story.session.submit(batch, story.now);
    story.collect();
    CHECK_FALSE(story.take<SendBatch>().at(0).id);
    story.lose();
    story.connect(true);
    CHECK(story.take<SendBatch>().empty());
}

TEST_CASE("a request sent twice takes the work of its first sending for success") {
    SessionStory story;
    story.connect();
    const auto outcome = story.ask(consume("q", "c"));
    story.sent<wire::Consume>();
    story.lose();
    story.connect(true);
    story.say(story.sent<wire::Consume>().at(0).first,
              wire::ErrorReply{error(ErrorCode::consumer_exists, "exists"), {}});
    CHECK_FALSE(outcome->error);
    CHECK(outcome->answer);

    const auto refused = story.ask(consume("q", "c"));
    story.say(story.sent<wire::Consume>().at(0).first,
              wire::ErrorReply{error(ErrorCode::consumer_exists, "exists"), {}});
    CHECK(refused->error->code == ErrorCode::consumer_exists);
}

TEST_CASE("a publish whose deadline passes while the broker is away is not sent again") {
    SessionStory story;
    story.connect();
    auto futures = story.publish({"late"}, milliseconds(100));
    story.take<SendBatch>();
    story.lose();
    story.pass(milliseconds(100));
    story.connect(true);
    CHECK(story.take<SendBatch>().empty());
    CHECK(now_in(futures[0]).value().error().code == ErrorCode::timed_out);
}
