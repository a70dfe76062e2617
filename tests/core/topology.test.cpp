#include "broker/core/topology.h"

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

struct Fixture {
    Storage storage;
    Topology topology{storage};
    QueueOptions options{false, false, 100, 1000};
    Queue& queue(const std::string& name) { return topology.add_queue(name, options, {}); }
    Exchange& exchange(const std::string& name, bool auto_delete = false) {
        return *topology.add_exchange(name, "direct", auto_delete);
    }
};

}  // namespace

TEST_CASE("the default exchange is there from the start", "[topology]") {
    Fixture f;
    REQUIRE(f.topology.exchange("") != nullptr);
    CHECK(f.topology.exchanges() == 1);
    CHECK(f.topology.exchange("")->route("q").empty());
    Queue& queue = f.queue("q");
    CHECK(f.topology.exchange("")->route("q") == Targets{&queue});
    CHECK(f.topology.exchange("")->route("p").empty());
    f.topology.remove_queue(queue);
    CHECK(f.topology.exchange("")->route("q").empty());
}

TEST_CASE("a queue is found by name and by number until it is removed", "[topology]") {
    Fixture f;
    Queue& queue = f.queue("q");
    const QueueId id = queue.id;
    CHECK(f.topology.queue("q") == &queue);
    CHECK(f.topology.queue(id) == &queue);
    f.topology.remove_queue(queue);
    CHECK(f.topology.queue("q") == nullptr);
    CHECK(f.topology.queue(id) == nullptr);
    CHECK(f.queue("q").id != id);
}

TEST_CASE("removing a queue removes its bindings everywhere", "[topology]") {
    Fixture f;
    Exchange& x = f.exchange("x");
    Exchange& y = f.exchange("y");
    Queue& one = f.queue("one");
    Queue& two = f.queue("two");
    f.topology.bind(one, x, "k");
    f.topology.bind(one, x, "l");
    f.topology.bind(one, y, "k");
    f.topology.bind(two, x, "k");
    CHECK(f.topology.bindings() == 4);
    f.topology.remove_queue(one);
    CHECK(f.topology.bindings() == 1);
    CHECK(x.route("k") == Targets{&two});
    CHECK(x.route("l").empty());
    CHECK(y.bindings() == 0);
}

TEST_CASE("removing an exchange removes its bindings from the queues", "[topology]") {
    Fixture f;
    Exchange& x = f.exchange("x");
    Queue& queue = f.queue("q");
    f.topology.bind(queue, x, "k");
    f.topology.bind(queue, x, "l");
    f.topology.remove_exchange(x);
    CHECK(f.topology.bindings() == 0);
    CHECK(queue.bindings.empty());
    CHECK(f.topology.exchange("x") == nullptr);
    f.topology.remove_queue(queue);
}

TEST_CASE("an auto-delete exchange goes with its last binding, not before its first",
          "[topology]") {
    Fixture f;
    f.exchange("x", true);
    Queue& queue = f.queue("q");
    CHECK_FALSE(f.topology.unbind(queue, *f.topology.exchange("x"), "k"));
    REQUIRE(f.topology.exchange("x") != nullptr);
    f.topology.bind(queue, *f.topology.exchange("x"), "k");
    f.topology.bind(queue, *f.topology.exchange("x"), "l");
    CHECK(f.topology.unbind(queue, *f.topology.exchange("x"), "k"));
    REQUIRE(f.topology.exchange("x") != nullptr);
    CHECK(f.topology.unbind(queue, *f.topology.exchange("x"), "l"));
    CHECK(f.topology.exchange("x") == nullptr);
}

TEST_CASE("auto-delete exchanges go with the queue that they were bound to", "[topology]") {
    Fixture f;
    Queue& queue = f.queue("q");
    f.topology.bind(queue, f.exchange("x", true), "k");
    f.topology.bind(queue, f.exchange("y", true), "k");
    f.topology.bind(queue, f.exchange("z", false), "k");
    f.topology.remove_queue(queue);
    CHECK(f.topology.exchange("x") == nullptr);
    CHECK(f.topology.exchange("y") == nullptr);
    CHECK(f.topology.exchange("z") != nullptr);
}

TEST_CASE("listings are in the order of names", "[topology]") {
    Fixture f;
    for (const char* name : {"c", "a", "b"}) f.queue(name);
    std::string names;
    for (const Queue* queue : f.topology.all_queues()) names += queue->name;
    CHECK(names == "abc");
    f.exchange("x");
    CHECK(f.topology.all_exchanges().front()->name.empty());
}

TEST_CASE("an exchange of an unknown kind is not made", "[topology]") {
    Fixture f;
    CHECK(f.topology.add_exchange("x", "nonsense", false) == nullptr);
    CHECK(f.topology.exchange("x") == nullptr);
}

}  // namespace zex::core
