// The room that the real broker takes on the disk: what restarts, what was settled and what was
// declared and undone take is given back, also where the disk is full, and is told.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/check_log.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/client.h"
#include "tests/torture/file_record.h"
#include "tests/torture/own_disk.h"
#include "tests/torture/zexd.h"

using namespace zex::test;
using nlohmann::json;

namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;

ZexdSetup setup_of(const OwnDisk& disk) {
    ZexdSetup setup;
    setup.endpoint = "ipc://" + disk.path() + "/../zexd.sock";
    setup.data = disk.path() + "/data";
    setup.arguments = {"--storage-segment-bytes", "1048576", "--storage-free-bytes-min", "1048576"};
    setup.under = disk.under();
    return setup;
}

/// Publishes until the broker refuses; gives how many were confirmed.
std::uint64_t fill_queue(Client& client, const std::string& queue) {
    std::uint64_t confirmed = 0;
    for (;;) {
        const std::uint64_t now = client.publish(queue, numbered(confirmed, 20, 20'000));
        confirmed += now;
        if (now < 20) return confirmed;
    }
}

std::vector<std::string> keys(std::uint64_t count, std::size_t bytes) {
    return numbered(0, count, bytes);
}

/// All bytes that a recorded broker wrote into files.
std::uint64_t written_bytes(const std::string& record) {
    std::uint64_t bytes = 0;
    for (const FileEvent& event : read_record(record)) {
        if (event.op == FileOp::write) bytes += event.first.size();
    }
    return bytes;
}

}  // namespace

TEST_CASE("25 restarts take no more room than one", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = small_log(directory.path);
    setup.arguments = {"--storage-segment-bytes", "16777216", "--storage-free-bytes-min", "0"};
    const bool kill = GENERATE(true, false);
    INFO((kill ? "kill -9" : "SIGTERM"));
    std::uint64_t first = 0;
    for (int life = 0; life <= 25; ++life) {
        Zexd zexd(setup);
        {
            Client client(zexd.endpoint());
            client.declare_queue("q");
            REQUIRE(client.publish("q", {"message " + std::to_string(life)}) == 1);
        }
        if (kill) zexd.kill();
        if (!kill) REQUIRE(zexd.terminate() == 0);
        if (life == 0) first = disk_bytes(setup.data);
    }
    CHECK(disk_bytes(setup.data) < first + mib);
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    CHECK(client.take("q", 26, true).size() == 26);
}

TEST_CASE("a clean stop gives back the room that was set aside", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = small_log(directory.path);
    setup.arguments = {"--storage-segment-bytes", "16777216", "--storage-free-bytes-min", "0"};
    Zexd zexd(setup);
    {
        Client client(zexd.endpoint());
        client.declare_queue("q");
        REQUIRE(client.publish("q", {"one"}) == 1);
    }
    REQUIRE(zexd.terminate() == 0);
    CHECK(disk_bytes(setup.data) < mib);
}

TEST_CASE("the room of purged messages is given back while nothing is written", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = small_log(directory.path);
    setup.arguments = {"--storage-segment-bytes", "1048576", "--storage-free-bytes-min", "0"};
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    client.declare_queue("q");
    for (int i = 0; i < 20; ++i) REQUIRE(client.publish("q", numbered(0, 20, 50'000)) == 20);
    REQUIRE(disk_bytes(setup.data) > 15 * mib);
    client.must({{"op", "purge"}, {"queue", "q"}});
    CHECK(within_patience([&] {
        client.status();
        return disk_bytes(setup.data) < 5 * mib;
    }));
}

TEST_CASE("a full disk is free again when its messages are purged or their queue is deleted",
          "[torture]") {
    if (!OwnDisk::is_possible()) {
        WARN("not tested: a file system of one's own may not be mounted here");
        return;
    }
    const std::string operation = GENERATE("purge", "delete_queue");
    INFO(operation);
    OwnDisk disk(24 * mib);
    Zexd zexd(setup_of(disk));
    REQUIRE(zexd.is_ready());
    Client client(zexd.endpoint());
    client.declare_queue("q");
    client.declare_queue("other");
    REQUIRE(fill_queue(client, "q") > 100);
    REQUIRE(client.last_refusal() == "disk_full");
    disk.fill();
    client.must({{"op", operation}, {"queue", "q"}});
    CHECK(client.can_publish("other"));
    CHECK(within_patience([&] {
        client.status();
        return disk_bytes(disk.seen_from_here(disk.path() + "/data")) < 6 * mib;
    }));
}

TEST_CASE("a full disk can be drained after restarts", "[torture]") {
    if (!OwnDisk::is_possible()) {
        WARN("not tested: a file system of one's own may not be mounted here");
        return;
    }
    OwnDisk disk(24 * mib);
    const ZexdSetup setup = setup_of(disk);
    std::uint64_t confirmed = 0;
    {
        Zexd zexd(setup);
        REQUIRE(zexd.is_ready());
        Client client(zexd.endpoint());
        client.declare_queue("q");
        confirmed = fill_queue(client, "q");
        disk.fill();
        zexd.kill();
    }
    for (int life = 0; life < 10; ++life) {
        INFO("restart " << life);
        Zexd zexd(setup);
        REQUIRE(zexd.is_ready());
        if (life % 2 == 0) zexd.kill();
        if (life % 2 == 1) REQUIRE(zexd.terminate() == 0);
    }
    Zexd zexd(setup);
    REQUIRE(zexd.is_ready());
    Client client(zexd.endpoint());
    CHECK(client.take("q", confirmed, true).size() == confirmed);
    CHECK(client.can_publish("q"));
}

TEST_CASE("what is asked while the disk is full is answered", "[torture]") {
    if (!OwnDisk::is_possible()) {
        WARN("not tested: a file system of one's own may not be mounted here");
        return;
    }
    OwnDisk disk(24 * mib);
    Zexd zexd(setup_of(disk));
    REQUIRE(zexd.is_ready());
    Client client(zexd.endpoint(), std::chrono::seconds(5));
    client.declare_queue("q");
    client.declare_queue("side");
    client.must({{"op", "declare_exchange"}, {"exchange", "x"}, {"durable", true}});
    fill_queue(client, "q");
    disk.fill();
    std::uint64_t unanswered = 0;
    for (int i = 0; i < 100 && unanswered == 0; ++i) {
        for (const char* operation : {"bind", "unbind"}) {
            try {
                const Heard heard = client.ask({{"op", operation},
                                                {"queue", "side"},
                                                {"exchange", "x"},
                                                {"key", numbered(0, 50, 200)}});
                CHECK((heard.op() == "ok" || heard.error() == "disk_full"));
            } catch (const std::runtime_error& silence) {
                ++unanswered;
            }
        }
    }
    CHECK(unanswered == 0);
}

TEST_CASE("bindings that come and go cost no room beside an old message", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    {
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        client.declare_queue("q");
        client.must({{"op", "declare_exchange"}, {"exchange", "x"}, {"durable", true}});
        REQUIRE(client.publish("q", {"old"}) == 1);
        const json bound = {{"queue", "q"}, {"exchange", "x"}, {"key", keys(100, 250)}};
        for (int i = 0; i < 150; ++i) {
            for (const char* operation : {"bind", "unbind"}) {
                json envelope = bound;
                envelope["op"] = operation;
                client.must(envelope);
            }
        }
        CHECK(within_patience([&] {
            client.status();
            return disk_bytes(setup.data) < 512 * kib;
        }));
        zexd.kill();
    }
    check_log(setup.data);
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    CHECK(client.rows("bindings").empty());
    CHECK(client.take("q", 1, true).size() == 1);
}

TEST_CASE("a large topology is not written again for small traffic", "[torture]") {
    const TemporaryDirectory directory;
    const std::string record = directory.path + "/record";
    ZexdSetup setup = small_log(directory.path + "/disk");
    std::filesystem::create_directory(directory.path + "/disk");
    setup.environment = preloaded(
        built("tests/torture/libfile_recorder.so"),
        {{record_to, record}, {record_below, directory.path + "/disk"}, {record_sync_us, "0"}});
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    client.declare_queue("q");
    client.must({{"op", "declare_exchange"}, {"exchange", "x"}, {"durable", true}});
    client.must({{"op", "bind"}, {"queue", "q"}, {"exchange", "x"}, {"key", keys(2000, 30)}});
    const std::uint64_t topology_bytes = client.status().at("log_bytes");
    const std::uint64_t before = written_bytes(record);
    constexpr std::uint64_t messages = 400;
    for (std::uint64_t i = 0; i < messages; ++i) {
        REQUIRE(client.publish("q", {std::string(100, 'm')}) == 1);
        REQUIRE(client.ask({{"op", "get"}, {"queue", "q"}, {"no_ack", true}}).op() == "deliver");
    }
    const std::uint64_t traffic_bytes = messages * 300;  // a message, its settling and two marks
    INFO("the topology has " << topology_bytes << " bytes in the log");
    CHECK(written_bytes(record) - before < 3 * (topology_bytes + traffic_bytes));
    CHECK(within_patience([&] {
        return client.status().at("log_bytes").get<std::uint64_t>() <
               3 * topology_bytes + 4 * 64 * kib;
    }));
}

TEST_CASE("the broker tells the room that its log takes on the disk", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = small_log(directory.path);
    setup.arguments = {"--storage-segment-bytes", "1048576", "--storage-free-bytes-min", "0"};
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    client.declare_queue("q");
    REQUIRE(client.publish("q", {"one"}) == 1);
    const auto tells = [&] {
        const auto real = static_cast<double>(disk_bytes(setup.data));
        const json status = client.status();
        if (!status.contains("log_disk_bytes")) return false;
        const double told = status.at("log_disk_bytes");
        return told > 0.9 * real && told < 1.1 * real;
    };
    REQUIRE(client.status().contains("log_disk_bytes"));
    CHECK(within_patience(tells));
    REQUIRE(client.publish("q", numbered(0, 100, 50'000)) == 100);
    CHECK(within_patience(tells));
}
