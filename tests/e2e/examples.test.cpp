// The examples of the client library do what they say.
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/broker_process.h"

using namespace zex::test;

TEST_CASE("each example runs to its end against a broker") {
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    for (const std::string name : {"hello", "work_queue", "direct_logs", "chat_room"}) {
        const Finished example = run({built("client/examples/" + name)}, "", at);
        INFO(name << ": " << example.out << example.err);
        CHECK(example.code == 0);
        CHECK_FALSE(example.out.empty());
    }
}
