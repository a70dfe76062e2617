// What comes back after a lost connection, and in which order.
#include <catch2/catch.hpp>

#include "tests/client/session_story.h"

using namespace zex;
using namespace zex::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

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

wire::DeclareQueue queue(const std::string& name, bool auto_delete = false) {
    wire::DeclareQueue out;
    out.queue = name;
    out.auto_delete = auto_delete;
    return out;
}

wire::ErrorReply failed(ErrorCode code) {
    return {error(code, "for the test"), {}};
}

/// A client with an exchange, a queue bound to it, and a consumer of that queue.
void settle_in(SessionStory& story) {
    story.connect();
    story.done(exchange("logs"));
    story.done(queue("q"));
    story.done(wire::Bind{"q", "logs", {"error", "info"}});
    story.done(consume("q", "c"));
    story.take<Notify>();
}

/// The requests that were sent since the last look, in order: what, and of which name.
std::vector<std::string> asked(SessionStory& story) {
    std::vector<std::string> out;
    for (const SendRequest& effect : story.take<SendRequest>()) {
        const wire::Operation& operation = effect.request.operation;
        if (const auto* declared = std::get_if<wire::DeclareExchange>(&operation)) {
            out.push_back("exchange " + declared->exchange);
        } else if (const auto* made = std::get_if<wire::DeclareQueue>(&operation)) {
            out.push_back("queue " + made->queue);
        } else if (const auto* bound = std::get_if<wire::Bind>(&operation)) {
            std::string keys;
            for (const std::string& key : bound->keys) keys += " " + key;
            out.push_back("bind " + bound->queue + " to " + bound->exchange + keys);
        } else if (const auto* consumed = std::get_if<wire::Consume>(&operation)) {
            out.push_back("consume " + consumed->queue + " as " + consumed->consumer);
        } else {
            continue;
        }
        story.asked.push_back(effect.request.id.value());
    }
    return out;
}

/// Answers the first of what asked() has seen.
void answer(SessionStory& story, wire::Answer said = wire::Ok{}) {
    const std::uint64_t id = story.asked.at(0);
    story.asked.erase(story.asked.begin());
    story.say(id, std::move(said));
}

void answer_all(SessionStory& story) {
    while (!story.asked.empty()) answer(story);
}

/// Time passes on a connection that lives.
void live_on(SessionStory& story, Duration time) {
    for (Duration passed{0}; passed < time; passed += milliseconds(500)) {
        story.say(std::nullopt, wire::Pong{});
        story.pass(milliseconds(500));
    }
}

const std::vector<std::string> everything = {"exchange logs", "queue q",
                                             "bind q to logs error info", "consume q as c"};

}  // namespace

TEST_CASE("a lost session gets all back in one go, and the program hears when it is there") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    CHECK(story.session.open());
    CHECK(asked(story) == everything);
    CHECK(story.take<Notify>().back().change.state == ConnectionState::connecting);
    answer_all(story);
    const auto told = story.take<Notify>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].change.state == ConnectionState::connected);
    CHECK_FALSE(told[0].change.error);
}

TEST_CASE("a resumed session declares nothing again") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(true);
    CHECK(asked(story).empty());
    CHECK(story.take<Notify>().back().change.state == ConnectionState::resumed);
}

TEST_CASE("what was asked for and not answered when a connection broke is asked again") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    CHECK(asked(story) == everything);
    answer(story);
    answer(story);
    story.asked.clear();
    story.lose();
    const bool resumed = GENERATE(true, false);
    story.connect(resumed);
    if (resumed) {
        CHECK(asked(story) == std::vector<std::string>{everything[2], everything[3]});
    } else {
        CHECK(asked(story) == everything);
    }
    answer_all(story);
    CHECK(story.session.restoration().agrees());
}

TEST_CASE("a consumer that a broken restoration had made already is taken for restored") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    asked(story);
    story.asked.clear();
    story.lose();
    story.connect(true);
    asked(story);
    for (int i = 0; i < 3; ++i) answer(story);
    answer(story, failed(ErrorCode::consumer_exists));
    CHECK(story.take<ConsumerEnded>().empty());
    CHECK(story.session.restoration().agrees());
}

TEST_CASE("what was deleted, unbound or cancelled does not come back") {
    SessionStory story;
    settle_in(story);
    std::vector<std::string> left;
    SECTION("one key less, and no consumer") {
        story.done(wire::Unbind{"q", "logs", {"info"}});
        story.done(wire::Cancel{"c"});
        left = {"exchange logs", "queue q", "bind q to logs error"};
    }
    SECTION("the queue deleted by the program") {
        story.done(wire::Cancel{"c"});
        story.done(wire::DeleteQueue{"q", false, false});
        left = {"exchange logs"};
    }
    SECTION("the queue deleted by somebody else") {
        story.say(std::nullopt, wire::Cancelled{"c", error(ErrorCode::queue_deleted, "deleted")});
        CHECK(story.take<ConsumerEnded>().size() == 1);
        left = {"exchange logs"};
    }
    SECTION("the exchange") {
        story.done(wire::DeleteExchange{"logs", false});
        left = {"queue q", "consume q as c"};
    }
    SECTION("an auto-delete queue without its last consumer") {
        story.done(queue("q", true));
        story.done(wire::Cancel{"c"});
        left = {"exchange logs"};
    }
    SECTION("a delete of what is gone already") {
        story.done(wire::Cancel{"c"});
        story.ask(wire::DeleteQueue{"q", false, false});
        story.say(story.sent<wire::DeleteQueue>().at(0).first, failed(ErrorCode::no_such_queue));
        left = {"exchange logs"};
    }
    story.take<SendRequest>();
    story.lose();
    story.connect(false);
    CHECK(asked(story) == left);
}

TEST_CASE("the last declaration of a queue is the one that is made anew") {
    SessionStory story;
    settle_in(story);
    wire::DeclareQueue other = queue("q");
    other.max_messages = 7;
    story.done(other);
    story.lose();
    story.connect(false);
    CHECK(story.sent<wire::DeclareQueue>().at(0).second.max_messages == 7);
}

TEST_CASE("a binding whose exchange is not there yet is tried again until it is") {
    SessionStory story;
    story.connect();
    story.done(queue("q"));
    story.done(wire::Bind{"q", "theirs", {"k"}});
    story.take<Notify>();
    story.lose();
    story.connect(false);
    const std::vector<std::string> bind = {"bind q to theirs k"};
    asked(story);
    answer(story);
    answer(story, failed(ErrorCode::no_such_exchange));
    auto told = story.take<Notify>();
    CHECK(told.back().change.state == ConnectionState::connected);
    CHECK(told.back().change.error->code == ErrorCode::no_such_exchange);

    for (int tries = 0; tries < 50; ++tries) {
        CHECK(asked(story).empty());
        live_on(story, Restoration::longest_pause);
        REQUIRE(asked(story) == bind);
        answer(story, failed(ErrorCode::no_such_exchange));
    }
    CHECK(story.take<Notify>().empty());  // told once
    live_on(story, Restoration::longest_pause);
    asked(story);
    answer(story);
    told = story.take<Notify>();
    REQUIRE(told.size() == 1);
    CHECK_FALSE(told[0].change.error);
    live_on(story, Restoration::longest_pause);
    CHECK(asked(story).empty());
}

TEST_CASE("a declaration that differs from what is there is told, and the rest goes on") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    asked(story);
    answer(story);
    answer(story, failed(ErrorCode::properties_differ));
    answer(story);
    answer(story);
    CHECK(story.take<ConsumerEnded>().empty());
    CHECK(story.take<Notify>().back().change.error->code == ErrorCode::properties_differ);
    live_on(story, seconds(60));
    CHECK(asked(story).empty());
}

TEST_CASE("a consumer that cannot be restored ends with the broker's reason") {
    SessionStory story;
    ErrorCode code{};
    SECTION("at once where the same would be said again") {
        settle_in(story);
        story.lose();
        story.connect(false);
        asked(story);
        for (int i = 0; i < 3; ++i) answer(story);
        code = ErrorCode::not_permitted;
        answer(story, failed(code));
    }
    SECTION("at once where its queue was there a moment ago") {
        settle_in(story);
        story.lose();
        story.connect(false);
        asked(story);
        for (int i = 0; i < 3; ++i) answer(story);
        code = ErrorCode::no_such_queue;
        answer(story, failed(code));
    }
    SECTION("after a while where the queue of somebody else may still come") {
        story.connect();
        story.done(consume("theirs", "c"));
        story.lose();
        story.connect(false);
        asked(story);
        code = ErrorCode::no_such_queue;
        answer(story, failed(code));
        CHECK(story.take<ConsumerEnded>().empty());
        const Instant begun = story.now;
        while (story.now < begun + Restoration::consumer_patience + seconds(10)) {
            live_on(story, milliseconds(500));
            if (!asked(story).empty()) answer(story, failed(code));
        }
    }
    const auto ended = story.take<ConsumerEnded>();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].consumer == "c");
    CHECK(ended[0].error.code == code);
    CHECK(story.take<Notify>().back().change.error->code == code);
}

TEST_CASE("a broker that reads its log for minutes is waited for") {
    SessionStory story;
    settle_in(story);
    story.lose();
    story.connect(false);
    story.take<CloseLink>();
    asked(story);
    live_on(story, seconds(120));
    CHECK(story.session.open());
    CHECK(story.take<CloseLink>().empty());
    answer_all(story);
    CHECK(story.take<Notify>().back().change.state == ConnectionState::connected);
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
