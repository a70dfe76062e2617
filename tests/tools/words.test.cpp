// What the tool makes of what people type, and what it says of a broker's state.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tools/zex/command.h"
#include "tools/zex/command_line.h"
#include "tools/zex/connect.h"
#include "tools/zex/troubles.h"

using namespace zex::tool;
using nlohmann::json;

TEST_CASE("An endpoint is checked before it is connected to, and says what was meant") {
    CHECK_FALSE(endpoint_mistake("tcp://127.0.0.1:5695"));
    CHECK_FALSE(endpoint_mistake("tcp://[::1]:5695"));
    CHECK_FALSE(endpoint_mistake("ipc:///tmp/zexd.sock"));
    CHECK_THAT(*endpoint_mistake("127.0.0.1:5695"), Catch::Contains("tcp://127.0.0.1:5695?"));
    CHECK_THAT(*endpoint_mistake("localhost"), Catch::Contains("tcp://localhost:5695?"));
    CHECK_THAT(*endpoint_mistake("/tmp/z.sock"), Catch::Contains("ipc:///tmp/z.sock?"));
    CHECK_THAT(*endpoint_mistake("tcp://host"), Catch::Contains("tcp://host:5695?"));
    for (const char* bad : {"", "http://a:1", "tcp://", "tcp://:1", "tcp://a:x", "ipc://"}) {
        INFO(bad);
        CHECK(endpoint_mistake(bad));
    }
}

TEST_CASE("The command line is understood as it was meant") {
    CLI::App app("", "zex");
    Globals globals;
    Action action;
    add_commands(app, globals, action);
    using Words = std::vector<std::string>;
    CHECK(understood(app, {}) == Words{"--help"});
    CHECK(understood(app, {"help"}) == Words{"--help"});
    CHECK(understood(app, {"help", "queues"}) == Words{"queues", "--help"});
    CHECK(understood(app, {"list", "queues", "--all"}) == Words{"queues", "--all"});
    CHECK(understood(app, {"pub", "list", "queues"}) == Words{"pub", "list", "queues"});

    const CLI::Error wrong("E", "sentence");
    CHECK_THAT(usage_error(app, wrong, {"queues", "--colums=a"}),
               Catch::Contains("--colums; did you mean --columns?"));
    CHECK_THAT(usage_error(app, wrong, {"decalre", "queue"}), Catch::Contains("'declare'"));
    CHECK_THAT(usage_error(app, wrong, {"declare", "quue"}), Catch::Contains("'queue'"));
    CHECK_THAT(usage_error(app, wrong, {"ping"}), Catch::StartsWith("sentence"));
}

TEST_CASE("Troubles are sentences, the worst first, and nothing where nothing is wrong") {
    const json fine = {{"state", "running"}, {"memory_bytes", 1}, {"memory_bytes_max", 1000}};
    CHECK(troubles_of(fine, {json{{"name", "q"}, {"state", "ok"}}}).empty());
    const Rows queues = {
        json{{"name", "a"}, {"state", "unattended"}, {"ready", 5}, {"unacked", 0}},
        json{{"name", "b"}, {"state", "full"}, {"ready", 1}, {"unacked", 0}},
        json{{"name", "c"}, {"state", "unattended"}, {"ready", 7}, {"unacked", 1}}};
    const auto troubles = troubles_of(
        {{"state", "starting"}, {"recovery_bytes", 200}, {"recovery_bytes_done", 50}}, queues);
    REQUIRE(troubles.size() == 3);
    CHECK(troubles[0] == "the broker is starting and reads its log, 25 %");
    CHECK(troubles[1] == "queue b (1 ready, 0 unacked) is full, publishes to it are refused");
    CHECK(troubles[2] ==
          "2 queues have messages and no consumer: c (7 ready, 1 unacked), a (5 ready, 0 unacked)");
    CHECK(troubles_of({{"memory_bytes", 95}, {"memory_bytes_max", 100}}, {}).size() == 1);
}
