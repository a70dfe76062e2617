// What zexd logs of what was done to it, and what it does at a signal.
#include <csignal>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/dealer.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tool.h"

using nlohmann::json;
using namespace zex::test;

TEST_CASE("what was removed is logged with its name, its messages and by whom") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    REQUIRE(zex({"declare", "queue", "q"}).code == 0);
    REQUIRE(zex({"pub", "", "q", "m", "--count", "3"}).code == 0);
    REQUIRE(zex({"purge", "q"}).code == 0);
    REQUIRE(zex({"delete", "queue", "q"}).code == 0);
    REQUIRE(zex({"delete", "exchange", "x"}).code == 0);
    Process& broker = zex.broker.process();
    const auto purged = broker.err_line("queue purged queue=q messages=3");
    REQUIRE(purged);
    CHECK(purged->find("info") != std::string::npos);
    CHECK(purged->find("client=\"zex purge\"") != std::string::npos);
    CHECK(broker.err_line("queue deleted queue=q messages=0"));
    CHECK(broker.err_line("exchange deleted exchange=x"));
    // The tool's own sessions are no events, its mistakes neither.
    CHECK(zex({"declare", "queue", "r", "--max-messages", "1"}).code == 0);
    CHECK(zex({"declare", "queue", "r", "--max-messages", "2"}).code == 65);
    CHECK(broker.err_line("declared otherwise than it is"));
    CHECK(broker.err().find("session opened") == std::string::npos);
    Dealer client(zex.broker.endpoint());
    client.hello({{"client", "shop"}});
    CHECK(broker.err_line("session opened session="));
}

TEST_CASE("messages that no queue takes are logged once a second with their number") {
    Tool zex;
    REQUIRE(zex({"declare", "exchange", "x"}).code == 0);
    REQUIRE(zex({"pub", "x", "k", "m", "--count", "500"}).code == 0);
    CHECK(zex.broker.process().err_line(
        "messages were taken by no queue reason=unroutable messages=500 exchange=x key=k"));
}

TEST_CASE("SIGHUP reads the level of the log again, and ends nothing") {
    const TemporaryDirectory home;
    const std::string file = home.path + "/zexd.toml";
    std::ofstream(file) << "[log]\nlevel = \"info\"\n";
    Tool zex({"--config", file, "--log-format", "text"});
    Process& broker = zex.broker.process();
    std::ofstream(file) << "[log]\nlevel = \"debug\"\n";
    broker.signal(SIGHUP);
    const auto level = [&] {
        (void)zex({"ping"});
        return broker.err().find("debug") != std::string::npos;
    };
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!level() && std::chrono::steady_clock::now() < deadline) {
    }
    CHECK(level());
    std::ofstream(file) << "[log]\nlevel = \"loud\"\n";
    broker.signal(SIGHUP);
    CHECK(broker.err_line("SIGHUP: the settings are left as they are"));
    CHECK(zex({"ping"}).code == 0);
    CHECK(zex.broker.terminate() == 0);
}

TEST_CASE("--check-config names every mistake, and a variable that is none") {
    const Finished wrong =
        run({built("zexd"), "--check-config", "--config", "/dev/stdin", "--limits-queues-max", "0"},
            "[log]\nlevle = \"info\"\nformat = 3\n[nowhere]\n",
            {{"ZEXD_LOG_LEVLE", "debug"}, {"ZEXD_NET_BACKLOG", "many"}});
    CHECK(wrong.code == 78);
    CHECK(lines_of(wrong.err).size() == 6);
    for (const char* part : {"level", "format", "nowhere", "ZEXD_LOG_LEVEL?", "ZEXD_NET_BACKLOG",
                             "--limits-queues-max"}) {
        INFO(wrong.err);
        CHECK(wrong.err.find(part) != std::string::npos);
    }
}

TEST_CASE("a broker whose log nobody reads serves and stops") {
    const TemporaryDirectory home;
    const std::string fifo = home.path + "/log";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const int reader = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);  // it never reads
    REQUIRE(reader >= 0);
    const std::string endpoint = "ipc://" + home.path + "/zexd.sock";
    Process broker(
        {"/bin/bash", "-c",
         "exec '" + built("zexd") + "' --listen " + endpoint + " --log-level debug 2> " + fifo});
    Dealer client(endpoint);
    client.hello();
    for (int i = 0; i < 5000; ++i) {
        client.send_json({{"op", "ping"}, {"id", i}});
        if (i % 100 != 99) continue;
        for (int k = 0; k < 100; ++k) REQUIRE(client.hear());
    }
    CHECK(client.ask({{"op", "ping"}, {"id", 9999}}).op() == "pong");
    broker.signal(SIGTERM);
    CHECK(broker.wait() == 0);
    ::close(reader);
}
