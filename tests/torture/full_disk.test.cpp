// The real broker on a disk that is full again and again: a tmpfs of its own, in a mount namespace
// of its own, filled by the test through /proc/PID/root.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/check_log.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/durable_client.h"

using namespace zex::test;

namespace {

constexpr int trials = 100;

/// Some sandboxes do not allow it.
bool can_mount() {
    const TemporaryDirectory directory;
    return run({"/usr/bin/unshare", "--map-root-user", "--mount", "/bin/mount", "-t", "tmpfs",
                "none", directory.path})
               .code == 0;
}

/// zexd with its data directory on 24 MiB of memory.
class SmallDisk {
  public:
    SmallDisk()
        : endpoint_("ipc://" + directory_.path + "/zexd.sock"),
          zexd_({"/usr/bin/unshare", "--map-root-user", "--mount", "/bin/sh", "-c",
                 "mkdir -p \"$1\" && mount -t tmpfs -o size=24m none \"$1\" && exec \"$2\" "
                 "--listen \"$3\" --data-dir \"$1/data\" --storage-segment-bytes 1048576 "
                 "--storage-free-bytes-min 2097152",
                 "sh", directory_.path + "/disk", built("zexd"), endpoint_}) {
        if (!zexd_.err_line("log read")) throw std::runtime_error("zexd: " + zexd_.err());
    }
    const std::string& endpoint() const { return endpoint_; }
    Process& zexd() { return zexd_; }

    void fill() {
        std::ofstream file(filler(), std::ios::binary);
        const std::string block(1 << 16, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    std::string data() const { return seen_from_here("data"); }
    void release() { std::filesystem::remove(filler()); }

  private:
    std::string seen_from_here(const std::string& name) const {
        return "/proc/" + std::to_string(zexd_.pid()) + "/root" + directory_.path + "/disk/" + name;
    }
    std::string filler() const { return seen_from_here("filler"); }
    TemporaryDirectory directory_;
    const std::string endpoint_;
    Process zexd_;
};

}  // namespace

TEST_CASE("a full disk refuses, loses nothing, and is left behind when there is room",
          "[torture]") {
    if (!can_mount()) {
        WARN("not tested: a file system of one's own may not be mounted here");
        return;
    }
    SmallDisk disk;
    std::map<std::string, Ledger> ledgers;
    ledgers.emplace("main", "main");
    std::mt19937_64 random(1);
    DurableClient client(disk.endpoint(), ledgers, 1000);
    for (int trial = 0; trial < trials; ++trial) {
        INFO("trial " << trial);
        disk.fill();
        const std::uint64_t refused = client.refused();
        while (client.refused() == refused) {
            client.publish("main", 20, random);
            client.hear_all_answers(random);
        }
        REQUIRE(client.last_refusal() == "disk_full");
        disk.release();
        const std::uint64_t confirmed = ledgers.at("main").confirmations();
        client.hear_all_answers(random);
        while (ledgers.at("main").confirmations() == confirmed) {
            client.publish("main", 1, random);
            client.hear_all_answers(random);
        }
        REQUIRE(ledgers.at("main").faults == std::vector<std::string>{});
    }
    client.empty_queues(disk.endpoint(), random);
    CHECK(ledgers.at("main").lost() == std::vector<std::uint64_t>{});
    std::fprintf(stderr, "full disk: %lu confirmed, %lu refused\n",
                 ledgers.at("main").confirmations(), client.refused());
    check_log(disk.data());
    disk.zexd().signal(SIGTERM);
    CHECK(disk.zexd().wait() == 0);
}

TEST_CASE("a transient queue works while the disk is full", "[torture]") {
    if (!can_mount()) {
        WARN("not tested: a file system of one's own may not be mounted here");
        return;
    }
    SmallDisk disk;
    disk.fill();
    Dealer client(disk.endpoint());
    client.hello();
    CHECK(client.ask({{"op", "declare_queue"}, {"id", 1}, {"queue", "t"}}).op() == "ok");
    const Heard confirm =
        client.ask({{"op", "publish"}, {"id", 2}, {"exchange", ""}, {"key", "t"}}, "x");
    CHECK(confirm.op() == "confirm");
}
