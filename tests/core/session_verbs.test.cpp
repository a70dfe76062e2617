#include "broker/core/session_verbs.h"

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

wire::Hello hello_with(std::uint64_t heartbeat_ms, std::uint64_t grace_ms) {
    wire::Hello hello;
    hello.heartbeat_ms = heartbeat_ms;
    hello.grace_ms = grace_ms;
    return hello;
}

}  // namespace

TEST_CASE("the first hello opens a session", "[session_verbs]") {
    Story story;
    Client& a = story.stranger("a");
    CHECK(a.opens() == Lines{"welcome s-1 epoch=1"});
    CHECK(a.token().size() == 32);
    CHECK(a.session().peer == "tcp://a");
    CHECK(story.counters().sessions_opened == 1);
    story["b"];
    CHECK(story["b"].token() != a.token());
}

TEST_CASE("any operation before hello is refused", "[session_verbs]") {
    Story story;
    Client& a = story.stranger("a");
    CHECK(a.does(wire::Ping{}) == Lines{"error hello_required"});
    CHECK(a.declares("q") == Lines{"error hello_required"});
    CHECK(a.sends("q", {"x"}) == Lines{"error hello_required"});
    CHECK(a.does(wire::Close{}) == Lines{"error hello_required"});
    CHECK(story.core.topology().queues() == 0);
    CHECK(story.counters().errors_answered == 4);
}

TEST_CASE("a second hello on an open connection is refused and changes nothing",
          "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    wire::Hello hello;
    hello.versions = {1};
    CHECK(a.does(hello) == Lines{"error already_open"});
    CHECK(a.does(wire::Ping{}) == Lines{"pong"});
    CHECK(story.core.sessions().size() == 1);
}

TEST_CASE("one of the versions offered must be ours", "[session_verbs]") {
    Story story;
    for (const std::vector<std::uint64_t>& versions :
         {std::vector<std::uint64_t>{0}, {2}, {std::uint64_t{1} << 31}, {~std::uint64_t{0}}}) {
        wire::Hello hello;
        hello.versions = versions;
        CHECK(story.stranger("a").opens(hello) == Lines{"error unsupported_version [versions]"});
    }
    wire::Hello hello;
    hello.versions = {7, 1};
    CHECK(story.stranger("a").opens(hello) == Lines{"welcome s-1 epoch=1"});
}

TEST_CASE("heartbeat and grace period are kept within the broker's bounds", "[session_verbs]") {
    Limits limits;
    limits.grace_max_ms = 0;
    limits.heartbeat_ms = 1000;
    limits.heartbeat_timeout_ms = 4000;
    Story story(limits);
    Client& a = story.stranger("a");
    a.opens(hello_with(1, 1));
    CHECK(a.session().heartbeat_ms == limits.heartbeat_min_ms);
    CHECK(a.session().timeout_ms == 4 * limits.heartbeat_min_ms);
    CHECK(a.session().grace_ms == 0);
    Client& b = story.stranger("b");
    b.opens(hello_with(~std::uint64_t{0}, ~std::uint64_t{0}));
    CHECK(b.session().heartbeat_ms == limits.heartbeat_max_ms);
    CHECK(b.session().grace_ms == 0);
    CHECK(story["c"].session().heartbeat_ms == 1000);
}

TEST_CASE("a lost connection suspends the session, and its token brings it back",
          "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    const std::string temporary = a.declares_temporary();
    a.declares_exchange("logs");
    a.binds(temporary, "logs", {"info"});
    a.consumes(temporary, "c");
    const std::string token = a.token();
    a.is_lost();
    CHECK(story.counters().sessions_suspended == 1);
    story["b"].publishes("logs", "info", {"while away"});
    story.pass(seconds(29));
    CHECK(a.resumes() == Lines{"welcome s-1 epoch=2 resumed", "c #1 while away"});
    CHECK(a.token() == token);
    CHECK(story.counters().sessions_resumed == 1);
}

TEST_CASE("when the grace period is over everything of the session is gone", "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    const std::string temporary = a.declares_temporary();
    a.declares_exchange("logs");
    a.binds(temporary, "logs", {"info"});
    a.publishes("logs", "info", {"1", "2"});
    a.consumes(temporary, "c", 1);
    a.is_lost();
    REQUIRE(story.core.next_deadline() == story.now + seconds(30));
    story.pass(seconds(30));
    CHECK(story.core.sessions().size() == 0);
    CHECK(story.core.topology().queues() == 0);
    CHECK(story.core.topology().bindings() == 0);
    CHECK(story.counters().dropped_session_ended == 2);
    CHECK(story.counters().sessions_ended == 1);
    CHECK(story.memory() == 0);
    CHECK_FALSE(story.core.next_deadline());
    CHECK(a.resumes() == Lines{"welcome s-2 epoch=1"});
}

TEST_CASE("an unknown token opens a new session", "[session_verbs]") {
    Story story;
    wire::Hello hello;
    hello.token = "0123456789abcdef0123456789abcdef";
    CHECK(story.stranger("a").opens(hello) == Lines{"welcome s-1 epoch=1"});
    CHECK(story.stranger("a").token() != hello.token);
}

TEST_CASE("what a lost session held goes to others at once, marked as delivered before",
          "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    a.declares("q");
    a.sends("q", {"1", "2", "3"});
    CHECK(a.consumes("q", "c", 2) == Lines{"ok queue=q consumer=c", "c #1 1", "c #2 2"});
    b.consumes("q", "d", 10);
    a.is_lost();
    CHECK(b.hears() == Lines{"d #2 1 (2)", "d #3 2 (2)"});
    CHECK(story.counters().requeued == 2);
    CHECK(story.counters().redelivered == 2);
}

TEST_CASE("a connection that resumes a live session takes it over", "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.sends("q", {"1"});
    a.consumes("q", "c");
    Client& b = story.stranger("b");
    wire::Hello hello;
    hello.token = a.token();
    CHECK(b.opens(hello) == Lines{"welcome s-1 epoch=2 resumed", "c #2 1 (2)"});
    CHECK(a.hears() == Lines{"goodbye session_taken", "hung up"});
    CHECK(a.does(wire::Ping{}) == Lines{"error hello_required"});
    a.is_lost();
    CHECK(b.does(wire::Ping{}) == Lines{"pong"});
}

TEST_CASE("tags from before are stale after resumption: counted, and settle nothing",
          "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.sends("q", {"1", "2"});
    a.consumes("q", "c");
    a.is_lost();
    CHECK(a.resumes() == Lines{"welcome s-1 epoch=2 resumed", "c #3 1 (2)", "c #4 2 (2)"});
    CHECK(a.acks("c", 1, 2) == Lines{"ok changed=0"});
    CHECK(story.counters().stale_settles == 2);
    CHECK(story.queue("q").unacked() == 2);
    CHECK(a.acks("c", 1, 4) == Lines{"ok changed=2"});
    CHECK(story.counters().stale_settles == 4);
    CHECK(story.counters().acked == 2);
}

TEST_CASE("a consumer whose queue went while its session was away is told at resumption",
          "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.consumes("q", "c");
    a.is_lost();
    story["b"].deletes("q");
    CHECK(a.resumes() == Lines{"welcome s-1 epoch=2 resumed", "cancelled c queue_deleted"});
    a.is_lost();
    CHECK(a.resumes() == Lines{"welcome s-1 epoch=3 resumed"});
}

TEST_CASE("close ends the session at once and puts back what it held", "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    a.declares("q");
    a.declares_temporary();
    a.sends("q", {"1", "2"});
    a.consumes("q", "c", 1);
    a.gets("q");
    b.consumes("q", "d");
    CHECK(a.does(wire::Close{}) == Lines{"ok", "hung up"});
    CHECK(b.hears() == Lines{"d #1 1 (2)", "d #2 2 (2)"});
    CHECK(story.core.sessions().size() == 1);
    CHECK(story.core.topology().queues() == 1);
    CHECK(a.resumes() == Lines{"welcome s-3 epoch=1"});
}

TEST_CASE("the number of sessions is bounded, suspended ones included", "[session_verbs]") {
    Limits limits;
    limits.sessions = 2;
    Story story(limits);
    Client& a = story["a"];
    story["b"];
    a.is_lost();
    CHECK(story.stranger("c").opens() == Lines{"error limit_reached"});
    CHECK(a.resumes() == Lines{"welcome s-1 epoch=2 resumed"});
    a.does(wire::Close{});
    CHECK(story.stranger("c").opens() == Lines{"welcome s-3 epoch=1"});
}

TEST_CASE("at shutdown every connected session hears goodbye, and none can be opened",
          "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    Client& c = story["c"];
    c.is_lost();
    story.apply(ShutDown{});
    CHECK(a.hears() == Lines{"goodbye shutting_down", "hung up"});
    CHECK(b.hears() == Lines{"goodbye shutting_down", "hung up"});
    CHECK(c.hears().empty());
    CHECK(a.resumes() == Lines{"error shutting_down"});
    CHECK(a.sends("q", {"x"}) == Lines{"error hello_required"});
    story.apply(ShutDown{});
    CHECK(b.hears().empty());
}

TEST_CASE("losing a connection that has no session changes nothing", "[session_verbs]") {
    Story story;
    story.stranger("a").is_lost();
    story.stranger("a").is_blocked();
    story.stranger("a").is_ready();
    CHECK(story.counters().sessions_suspended == 0);
}

TEST_CASE("answers carry the id of their request", "[session_verbs]") {
    Story story;
    Client& a = story["a"];
    const wire::Request request{77, wire::Ping{}};
    Effects effects;
    story.core.apply(PeerRequest{a.connection, wire::Form::json, "", &request}, {story.now},
                     effects);
    REQUIRE(effects.list.size() == 1);
    CHECK(std::get<Answer>(effects.list[0]).reply.id == 77);
}

}  // namespace zex::core
