#include "broker/core/topology_verbs.h"

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

wire::DeclareQueue declare_queue(std::string name) {
    wire::DeclareQueue verb;
    verb.queue = std::move(name);
    return verb;
}

wire::DeclareExchange declare_exchange(std::string name) {
    wire::DeclareExchange verb;
    verb.exchange = std::move(name);
    return verb;
}

}  // namespace

TEST_CASE("declaring a queue again says how much is in it", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    CHECK(a.declares("q") == Lines{"ok queue=q messages=0 consumers=0"});
    a.sends("q", {"1", "2"});
    story["b"].consumes("q", "c", 1);
    CHECK(a.declares("q") == Lines{"ok queue=q messages=1 consumers=1"});
}

TEST_CASE("redeclaring with other properties names each that differs", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    wire::DeclareQueue verb = declare_queue("q");
    verb.exclusive = true;
    verb.auto_delete = true;
    verb.max_messages = 5;
    verb.max_bytes = 6;
    CHECK(a.does(verb) == Lines{"error properties_differ [exclusive] exclusive auto_delete "
                                "max_messages max_bytes"});
    verb.passive = true;
    CHECK(a.does(verb) == Lines{"ok queue=q messages=0 consumers=0"});
    a.declares_exchange("x");
    CHECK(a.declares_exchange("x", true) ==
          Lines{"error properties_differ [auto_delete] auto_delete"});
    CHECK(a.declares_exchange("x") == Lines{"ok exchange=x"});
}

TEST_CASE("what a declaration does not name is not compared", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    wire::DeclareQueue verb = declare_queue("q");
    verb.max_messages = 5;
    verb.max_bytes = 600;
    a.does(verb);
    CHECK(a.declares("q") == Lines{"ok queue=q messages=0 consumers=0"});
    // One's own temporary queue by its name, as the page says.
    const std::string name = a.declares_temporary();
    CHECK(a.declares(name) == Lines{"ok queue=" + name + " messages=0 consumers=0"});
}

TEST_CASE("the sentence on a difference has both values", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    wire::DeclareQueue verb = declare_queue("q");
    verb.max_messages = 5;
    const wire::Request request{1, verb};
    Effects effects;
    story.core.apply(PeerRequest{a.connection, wire::Form::json, "", &request}, {story.now},
                     effects);
    const auto& answer = std::get<Answer>(effects.list.at(0)).reply.answer;
    CHECK(std::get<wire::ErrorReply>(answer).error.reason ==
          "queue 'q' exists with other properties: max_messages is 10000000, asked for 5");
}

TEST_CASE("asking passively for what is not there is an error and makes nothing",
          "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    wire::DeclareQueue queue = declare_queue("q");
    queue.passive = true;
    CHECK(a.does(queue) == Lines{"error no_such_queue [queue]"});
    queue.queue = "";
    CHECK(a.does(queue) == Lines{"error missing_field [queue]"});
    wire::DeclareExchange exchange = declare_exchange("x");
    exchange.passive = true;
    CHECK(a.does(exchange) == Lines{"error no_such_exchange [exchange]"});
    CHECK(story.core.topology().queues() == 0);
}

TEST_CASE("an unnamed queue is temporary: named by the broker and its session's alone",
          "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    const std::string name = a.declares_temporary();
    CHECK(name.substr(0, 8) == "zex.tmp-");
    CHECK(name.size() == 8 + 32);
    CHECK(a.declares_temporary() != name);
    CHECK(story.queue(name).options.exclusive);
    CHECK(b.declares(name) == Lines{"error queue_is_exclusive [queue]"});
    CHECK(b.consumes(name, "c") == Lines{"error queue_is_exclusive [queue]"});
    CHECK(b.gets(name) == Lines{"error queue_is_exclusive [queue]"});
    CHECK(b.binds(name, "x", {"k"}) == Lines{"error queue_is_exclusive [queue]"});
    CHECK(b.does(wire::Unbind{name, "x", {"k"}}) == Lines{"error queue_is_exclusive [queue]"});
    CHECK(b.does(wire::Purge{name}) == Lines{"error queue_is_exclusive [queue]"});
    CHECK(b.deletes(name) == Lines{"error queue_is_exclusive [queue]"});
    CHECK(b.sends(name, {"anybody may send"}) == Lines{"confirm 1 queues=1"});
}

TEST_CASE("an exclusive queue may be declared again by its own session", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    wire::DeclareQueue verb = declare_queue(a.declares_temporary());
    verb.exclusive = true;
    CHECK(a.does(verb).at(0).substr(0, 3) == "ok ");
}

TEST_CASE("reserved names are refused", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    for (const char* name : {"$x", "amq.direct", "zex.tmp-1"}) {
        CHECK(a.declares(name) == Lines{"error reserved_name [queue]"});
        CHECK(a.declares_exchange(name) == Lines{"error reserved_name [exchange]"});
    }
}

TEST_CASE("without a data directory asking for something durable is refused", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    wire::DeclareQueue queue = declare_queue("q");
    queue.durable = true;
    CHECK(a.does(queue) == Lines{"error bad_field [durable]"});
    wire::DeclareExchange exchange = declare_exchange("x");
    exchange.durable = true;
    CHECK(a.does(exchange) == Lines{"error bad_field [durable]"});
}

TEST_CASE("an unknown kind of exchange is refused", "[topology_verbs]") {
    Story story;
    wire::DeclareExchange verb = declare_exchange("x");
    verb.kind = "fanout";
    CHECK(story["a"].does(verb) == Lines{"error bad_field [kind]"});
}

TEST_CASE("the default exchange cannot be bound, unbound or deleted", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    CHECK(a.binds("q", "", {"k"}) == Lines{"error reserved_name [exchange]"});
    CHECK(a.does(wire::Unbind{"q", "", {"q"}}) == Lines{"error reserved_name [exchange]"});
    CHECK(a.does(wire::DeleteExchange{"", false}) == Lines{"error reserved_name [exchange]"});
}

TEST_CASE("bind answers how many bindings are new, unbind how many went", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.declares_exchange("x");
    CHECK(a.binds("q", "x", {"a", "b", "a"}) == Lines{"ok changed=2"});
    CHECK(a.binds("q", "x", {"b", "c"}) == Lines{"ok changed=1"});
    CHECK(a.does(wire::Unbind{"q", "x", {"a", "a", "z"}}) == Lines{"ok changed=1"});
    CHECK(a.does(wire::Unbind{"q", "x", {"z"}}) == Lines{"ok changed=0"});
    CHECK(a.publishes("x", "a", {"1"}) == Lines{"confirm 1 queues=0"});
    CHECK(a.publishes("x", "b", {"1"}) == Lines{"confirm 1 queues=1"});
}

TEST_CASE("binding names what is missing", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    CHECK(a.binds("q", "x", {"k"}) == Lines{"error no_such_queue [queue]"});
    a.declares("q");
    CHECK(a.binds("q", "x", {"k"}) == Lines{"error no_such_exchange [exchange]"});
    CHECK(a.does(wire::Unbind{"q", "x", {"k"}}) == Lines{"error no_such_exchange [exchange]"});
}

TEST_CASE("an auto-delete exchange may go in the middle of an unbind", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.declares_exchange("x", true);
    a.binds("q", "x", {"k"});
    CHECK(a.does(wire::Unbind{"q", "x", {"k", "l"}}) == Lines{"ok changed=1"});
    CHECK(a.publishes("x", "k", {"1"}) == Lines{"refuse 1 no_such_exchange"});
}

TEST_CASE("deleting an exchange refuses further publishes to it", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.declares_exchange("x");
    a.binds("q", "x", {"k"});
    CHECK(a.does(wire::DeleteExchange{"x", true}) == Lines{"error in_use [if_unused]"});
    CHECK(a.does(wire::DeleteExchange{"x", false}) == Lines{"ok exchange=x"});
    CHECK(a.does(wire::DeleteExchange{"x", false}) == Lines{"error no_such_exchange [exchange]"});
    CHECK(story.core.topology().bindings() == 0);
    CHECK(a.publishes("x", "k", {"1"}) == Lines{"refuse 1 no_such_exchange"});
}

TEST_CASE("a queue is not deleted where it must be unused or empty and is not",
          "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.sends("q", {"1"});
    a.consumes("q", "c");
    CHECK(a.does(wire::DeleteQueue{"q", true, false}) == Lines{"error in_use [if_unused]"});
    CHECK(a.does(wire::DeleteQueue{"q", false, true}) == Lines{"error not_empty [if_empty]"});
    CHECK(a.does(wire::DeleteQueue{"p", false, false}) == Lines{"error no_such_queue [queue]"});
}

TEST_CASE("deleting a queue tells its consumers and counts what it held", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    a.declares("q");
    a.sends("q", {"1", "2", "3"});
    b.consumes("q", "c", 1);
    b.consumes("q", "d", 1);
    b.hears();
    CHECK(a.deletes("q") == Lines{"ok queue=q messages=3"});
    CHECK(b.hears() == Lines{"cancelled c queue_deleted", "cancelled d queue_deleted"});
    CHECK(story.counters().dropped_queue_deleted == 3);
    CHECK(story.memory() == 0);
    CHECK(b.acks("c", 1) == Lines{"error no_such_consumer [consumer]"});
}

TEST_CASE("what was taken by get outlives its queue in the memory gauge until it is settled",
          "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.sends("q", {"1", "2"});
    a.gets("q");
    a.gets("q");
    a.deletes("q");
    CHECK(story.memory() > 0);
    CHECK(a.acks("", 1) == Lines{"ok changed=0"});
    CHECK(story.memory() > 0);
    a.is_lost();
    CHECK(story.memory() == 0);
    CHECK(story.counters().dropped_queue_deleted == 2);
    CHECK(story.counters().acked == 0);
}

TEST_CASE("a new queue under an old name does not get the old one's messages back",
          "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.sends("q", {"old"});
    a.gets("q");
    a.deletes("q");
    a.declares("q");
    CHECK(a.requeues("", 1) == Lines{"ok changed=0"});
    CHECK(story.ready("q").empty());
}

TEST_CASE("purge drops what is ready and leaves what is out", "[topology_verbs]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.sends("q", {"1", "2", "3"});
    a.gets("q");
    CHECK(a.does(wire::Purge{"q"}) == Lines{"ok queue=q messages=2"});
    CHECK(story.counters().dropped_purged == 2);
    CHECK(a.requeues("", 1) == Lines{"ok changed=1"});
    CHECK(story.ready("q") == Lines{"1"});
    CHECK(a.does(wire::Purge{"p"}) == Lines{"error no_such_queue [queue]"});
}

TEST_CASE("exchanges, queues and bindings are bounded", "[topology_verbs]") {
    Limits limits;
    limits.exchanges = 2;  // the default one is one of them
    limits.queues = 2;
    limits.bindings = 3;
    Story story(limits);
    Client& a = story["a"];
    CHECK(a.declares_exchange("x") == Lines{"ok exchange=x"});
    CHECK(a.declares_exchange("y") == Lines{"error limit_reached"});
    a.declares("q");
    a.declares("r");
    CHECK(a.declares("") == Lines{"error limit_reached"});
    CHECK(a.declares("q") == Lines{"ok queue=q messages=0 consumers=0"});
    CHECK(a.binds("q", "x", {"a", "b"}) == Lines{"ok changed=2"});
    CHECK(a.binds("r", "x", {"a", "b"}) == Lines{"error limit_reached"});
    CHECK(story.core.topology().bindings() == 2);
    CHECK(a.binds("r", "x", {"a"}) == Lines{"ok changed=1"});
    CHECK(a.binds("q", "x", {"a", "b"}) == Lines{"ok changed=0"});
}

}  // namespace zex::core
