#include <catch2/catch.hpp>

#include "broker/core/default_exchange.h"
#include "broker/core/topology.h"

namespace zex::core {

TEST_CASE("the default exchange has no bindings to be made, removed or listed", "[exchange]") {
    Storage storage;
    Topology topology{storage};
    Queue& queue = topology.add_queue("q", {}, {});
    Exchange& exchange = *topology.exchange("");
    CHECK_FALSE(exchange.bind("q", queue));
    CHECK_FALSE(exchange.unbind("q", queue));
    CHECK(exchange.bindings() == 0);
    exchange.each_binding([](const std::string&, Queue&) { FAIL("a binding was visited"); });
    CHECK(exchange.route("q") == Targets{&queue});
    CHECK(exchange.kind == "direct");
}

}  // namespace zex::core
