#include <catch2/catch.hpp>

#include "tests/client/session_story.h"

using namespace zex;
using namespace zex::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE(
    "a session opens a link at once, says hello when it is ready, and is open when welcomed") {
    SessionStory story;
    CHECK(story.take<OpenLink>().at(0).endpoint == "tcp://one");
    story.effects.push_back(OpenLink{"tcp://one"});
    CHECK_FALSE(story.session.open());
    story.connect();
    CHECK(story.session.open());
    CHECK(story.last_hello.versions == std::vector<std::uint64_t>{1});
    CHECK(story.last_hello.token.empty());
    CHECK(story.last_hello.batch);
    CHECK(story.take<Notify>().back().change.state == ConnectionState::connected);
}

TEST_CASE("an endpoint where nobody answers hello is given up for the next one") {
    SessionStory story;
    story.take<OpenLink>();
    story.session.link_ready(story.now);
    story.pass(seconds(5));
    CHECK(story.take<CloseLink>().size() == 1);
    CHECK(story.take<OpenLink>().at(0).endpoint == "tcp://two");
    const auto changes = story.take<Notify>();
    REQUIRE(changes.back().change.error);
    CHECK(changes.back().change.error->code == ErrorCode::timed_out);
    CHECK(changes.back().change.attempt == 2);
}

TEST_CASE("a broker that refuses for good ends the session with its reason") {
    SessionStory story;
    story.take<OpenLink>();
    story.session.link_ready(story.now);
    story.collect();
    const auto id = story.sent<wire::Hello>().at(0).first;
    story.say(id, wire::ErrorReply{error(ErrorCode::unsupported_version, "supported: 9"), {}});
    const auto finished = story.take<Finished>();
    REQUIRE(finished.size() == 1);
    CHECK(finished[0].error.code == ErrorCode::unsupported_version);
    CHECK(story.take<OpenLink>().empty());
}

TEST_CASE("when the limit of attempts is reached the session ends and fails what was under way") {
    Session::Terms terms = SessionStory::default_terms();
    terms.reconnect.attempts = 2;
    SessionStory story(terms);
    story.connect();
    const auto asked = story.ask(wire::Ping{});
    auto futures = story.publish({"a"});
    for (int i = 0; i < 3; ++i) {
        story.lose();
        story.pass(seconds(1));
    }
    CHECK(story.take<Finished>().size() == 1);
    REQUIRE(asked->error);
    CHECK(asked->error->code == ErrorCode::not_connected);
    CHECK(now_in(futures[0]).value().error().code == ErrorCode::not_connected);
}

TEST_CASE("a lost connection is mended under the token of the session") {
    SessionStory story;
    story.connect();
    story.lose();
    CHECK(story.take<NewGeneration>().size() == 1);
    CHECK(story.take<CloseLink>().size() == 1);
    story.connect(true);
    CHECK(story.last_hello.token == "token-1");
    CHECK(story.take<Notify>().back().change.state == ConnectionState::resumed);
}

TEST_CASE("an answer reaches the one who asked, and a second one nobody") {
    SessionStory story;
    story.connect();
    const auto outcome = story.ask(wire::Purge{"q"});
    const auto id = story.sent<wire::Purge>().at(0).first;
    wire::Ok ok;
    ok.messages = 7;
    story.say(id, ok);
    story.say(id, ok);
    CHECK(outcome->count == 1);
    CHECK(std::get<wire::Ok>(*outcome->answer).messages == 7u);
}

TEST_CASE("a request without an answer fails at its deadline and says that it may have been done") {
    SessionStory story;
    story.connect();
    const auto outcome = story.ask(wire::Purge{"q"}, milliseconds(500));
    CHECK(story.session.next_deadline() == story.now + milliseconds(500));
    story.pass(milliseconds(499));
    CHECK_FALSE(outcome->error);
    story.pass(milliseconds(1));
    REQUIRE(outcome->error);
    CHECK(outcome->error->code == ErrorCode::timed_out);
    CHECK(outcome->error->reason.find("purge") != std::string::npos);
}

TEST_CASE("a silent session pings, and one that hears nothing for the time-out is lost") {
    SessionStory story;
    story.connect();
    story.pass(milliseconds(999));
    CHECK(story.sent<wire::Ping>().empty());
    story.pass(milliseconds(1));
    CHECK(story.sent<wire::Ping>().size() == 1);
    story.pass(milliseconds(1999));
    CHECK(story.session.open());
    story.pass(milliseconds(1));
    CHECK_FALSE(story.session.open());
    CHECK(story.take<Notify>().back().change.error->code == ErrorCode::heartbeat_missed);
}

TEST_CASE("a ping of the broker is answered under its id") {
    SessionStory story;
    story.connect();
    story.say(77, wire::Ping{});
    CHECK(story.sent<wire::Pong>().at(0).first == 77);
}

TEST_CASE("a broker that shuts down is come back to, one that gave the session away is not") {
    SessionStory story;
    story.connect();
    story.say({}, wire::Goodbye{error(ErrorCode::shutting_down, "going")});
    CHECK_FALSE(story.session.open());
    story.connect();
    CHECK(story.session.open());
    story.say({}, wire::Goodbye{error(ErrorCode::session_taken, "taken")});
    CHECK(story.take<Finished>().at(0).error.code == ErrorCode::session_taken);
}

TEST_CASE("a refused message without an id is reported, and a returned one whole") {
    SessionStory story;
    story.connect();
    story.say({}, wire::Refuse{3, error(ErrorCode::queue_full, "full")});
    CHECK(story.take<ReportRefused>().at(0).refused.count == 3);
    wire::Return returned;
    returned.message.exchange = "logs";
    returned.message.key = "error";
    returned.message.payload = "text";
    returned.error = error(ErrorCode::unroutable, "no queue");
    story.say({}, returned);
    const auto reported = story.take<ReportReturned>();
    CHECK(reported.at(0).returned.key == "error");
    CHECK(reported.at(0).returned.message.payload.bytes == "text");
}

TEST_CASE("a delivery for a consumer that nobody has is answered by cancelling it once") {
    SessionStory story;
    story.connect();
    story.session.unwanted("ghost");
    story.session.unwanted("ghost");
    story.collect();
    CHECK(story.sent<wire::Cancel>().size() == 1);
}

TEST_CASE("close ends the session when the broker says ok, or hangs up instead") {
    SessionStory story;
    story.connect();
    const auto closed = story.ask(wire::Close{});
    SECTION("ok") {
        story.say(story.sent<wire::Close>().at(0).first, wire::Ok{});
        CHECK_FALSE(closed->error);
    }
    SECTION("hung up") {
        story.lose();
    }
    CHECK(closed->count == 1);
    CHECK(story.take<Finished>().size() == 1);
    const auto last = story.take<Notify>().back().change;
    CHECK(last.state == ConnectionState::closed);
    CHECK_FALSE(last.error);
}

TEST_CASE("a welcome with a number that cannot be is no welcome") {
    const std::vector<std::pair<std::string, void (*)(wire::Welcome&)>> odd = {
        {"heartbeat_ms", [](wire::Welcome& welcome) { welcome.heartbeat_ms = UINT64_MAX; }},
        {"heartbeat_ms", [](wire::Welcome& welcome) { welcome.heartbeat_ms = 0; }},
        {"timeout_ms", [](wire::Welcome& welcome) { welcome.timeout_ms = 1ull << 63; }},
        {"timeout_ms", [](wire::Welcome& welcome) { welcome.timeout_ms = 0; }},
        {"max_batch", [](wire::Welcome& welcome) { welcome.max_batch = 0; }},
        {"max_batch_bytes", [](wire::Welcome& welcome) { welcome.max_batch_bytes = 0; }},
        {"max_message_bytes", [](wire::Welcome& welcome) { welcome.max_message_bytes = 0; }}};
    for (const auto& [field, change] : odd) {
        INFO(field);
        SessionStory story;
        story.welcome_change = change;
        story.connect();
        CHECK_FALSE(story.session.open());
        const StateChange told = story.take<Notify>().back().change;
        CHECK(told.state == ConnectionState::connecting);
        CHECK(told.error->code == ErrorCode::bad_reply);
        CHECK(told.error->field == field);
    }
}

TEST_CASE("a broker that another try would not change is not asked again") {
    SessionStory story(SessionStory::default_terms());
    ErrorCode expected{};
    SECTION("a version that was not offered") {
        story.welcome_change = [](wire::Welcome& welcome) { welcome.version = 99; };
        expected = ErrorCode::unsupported_version;
    }
    SECTION("larger messages than this side takes") {
        story.welcome_change = [](wire::Welcome& welcome) {
            welcome.max_message_bytes = UINT64_MAX;
        };
        expected = ErrorCode::bad_argument;
    }
    story.connect();
    REQUIRE(story.take<Finished>().size() == 1);
    const StateChange told = story.take<Notify>().back().change;
    CHECK(told.state == ConnectionState::closed);
    CHECK(told.error->code == expected);
}
