#include "broker/core/direct_exchange.h"

#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "broker/core/queue.h"

namespace zex::core {
namespace {

struct Fixture {
    MemoryGauge memory;
    Queue one{QueueId(1), "one", {}, {}, memory};
    Queue two{QueueId(2), "two", {}, {}, memory};
    DirectExchange exchange{"logs", false};
};

}  // namespace

TEST_CASE("a key reaches exactly the queues that are bound with it", "[direct_exchange]") {
    Fixture f;
    CHECK(f.exchange.bind("info", f.one));
    CHECK(f.exchange.bind("warning", f.one));
    CHECK(f.exchange.bind("warning", f.two));
    CHECK(f.exchange.route("info") == Targets{&f.one});
    CHECK(f.exchange.route("warning") == Targets{&f.one, &f.two});
    CHECK(f.exchange.route("error").empty());
}

TEST_CASE("keys are compared byte for byte", "[direct_exchange]") {
    Fixture f;
    f.exchange.bind("a.*", f.one);
    f.exchange.bind("", f.two);
    CHECK(f.exchange.route("a.b").empty());
    CHECK(f.exchange.route("A.*").empty());
    CHECK(f.exchange.route("a.*") == Targets{&f.one});
    CHECK(f.exchange.route("") == Targets{&f.two});
}

TEST_CASE("binding twice is binding once", "[direct_exchange]") {
    Fixture f;
    CHECK(f.exchange.bind("k", f.one));
    CHECK_FALSE(f.exchange.bind("k", f.one));
    CHECK(f.exchange.bindings() == 1);
    CHECK(f.exchange.route("k").size() == 1);
}

TEST_CASE("an unbound queue is reached no more", "[direct_exchange]") {
    Fixture f;
    f.exchange.bind("k", f.one);
    f.exchange.bind("k", f.two);
    CHECK(f.exchange.unbind("k", f.one));
    CHECK_FALSE(f.exchange.unbind("k", f.one));
    CHECK_FALSE(f.exchange.unbind("other", f.one));
    CHECK(f.exchange.route("k") == Targets{&f.two});
    CHECK(f.exchange.unbind("k", f.two));
    CHECK(f.exchange.route("k").empty());
    CHECK(f.exchange.bindings() == 0);
}

TEST_CASE("each binding is visited once", "[direct_exchange]") {
    Fixture f;
    f.exchange.bind("k", f.one);
    f.exchange.bind("k", f.two);
    f.exchange.bind("l", f.one);
    std::set<std::pair<std::string, std::string>> seen;
    f.exchange.each_binding([&](const std::string& key, Queue& queue) {
        CHECK(seen.insert({key, queue.name}).second);
    });
    const std::set<std::pair<std::string, std::string>> all{
        {"k", "one"}, {"k", "two"}, {"l", "one"}};
    CHECK(seen == all);
}

TEST_CASE("direct is the one kind known", "[direct_exchange]") {
    CHECK(make_exchange("x", "direct", true)->auto_delete);
    CHECK(make_exchange("x", "fanout", false) == nullptr);
    CHECK(make_exchange("x", "", false) == nullptr);
}

}  // namespace zex::core
