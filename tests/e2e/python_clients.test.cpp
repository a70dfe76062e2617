// The clients in docs/clients, plain Python without a line of ours, against the real broker.
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/broker_process.h"

using nlohmann::json;
using namespace zex::test;

namespace {

std::vector<std::string> python(const std::string& script, std::vector<std::string> arguments) {
    std::vector<std::string> command = {"/usr/bin/python3",
                                        ZEX_SOURCE_ROOT "/docs/clients/" + script};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

}  // namespace

TEST_CASE("the Python clients publish and consume in both forms, in every pairing") {
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    for (const std::string publisher : {"publish_json.py", "publish_msgpack.py"}) {
        for (const std::string consumer : {"consume_json.py", "consume_msgpack.py"}) {
            INFO(publisher + " to " + consumer);
            Process consuming(python(consumer, {"--count", "3", "greetings", "polite"}), "", at);
            REQUIRE(consuming.err_line("ready"));
            const Finished published =
                run(python(publisher, {"greetings", "polite"}), "hello\ngrüß dich\nbye\n", at);
            INFO(published.err);
            CHECK(published.code == 0);
            CHECK(consuming.wait() == 0);
            CHECK(consuming.out_lines() == std::vector<std::string>{"hello", "grüß dich", "bye"});
        }
    }
}

TEST_CASE("a Python publisher is told that its exchange does not exist") {
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    for (const std::string publisher : {"publish_json.py", "publish_msgpack.py"}) {
        const Finished published = run(python(publisher, {"nowhere", "k"}), "lost\n", at);
        CHECK(published.code != 0);
        CHECK(published.err.find("no_such_exchange") != std::string::npos);
    }
}
