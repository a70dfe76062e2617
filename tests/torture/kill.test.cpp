// The real broker, killed in the middle of its work again and again, on one data directory. The
// ledger knows what a confirm promised.
//
// ZEX_TORTURE=1 (./dev torture) makes it 10,000 cycles for 300.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/check_log.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/durable_client.h"

using namespace zex::test;

namespace {

int cycles() {
    return std::getenv("ZEX_TORTURE") != nullptr ? 10'000 : 300;
}

/// Small segments, so that the log rotates and is cleaned all the time.
std::vector<std::string> arguments(const TemporaryDirectory& directory) {
    return {"--data-dir", directory.path + "/data",   "--storage-segment-bytes",
            "262144",     "--storage-free-bytes-min", "0"};
}

/// So much of what comes that the broker is somewhere in the middle when it is killed.
void work(DurableClient& client, std::mt19937_64& random) {
    const std::uint64_t publishes = 1 + random() % 6;
    for (std::uint64_t i = 0; i < publishes; ++i) {
        client.publish(random() % 4 == 0 ? "side" : "main", 1 + random() % 60, random);
        const std::uint64_t unanswered = random() % (client.unanswered() + 1);
        while (client.unanswered() > unanswered && client.hear(random, false)) {
        }
    }
}

}  // namespace

TEST_CASE("killed in the middle, the broker loses nothing that it confirmed", "[torture]") {
    const TemporaryDirectory directory;
    std::map<std::string, Ledger> ledgers;
    for (const char* queue : {"main", "side"}) ledgers.emplace(queue, queue);
    BrokerProcess broker(arguments(directory), "ipc://" + directory.path + "/zexd.sock");
    std::mt19937_64 random(20261121);
    for (int cycle = 0; cycle < cycles(); ++cycle) {
        {
            DurableClient client(broker.endpoint(), ledgers, 200);
            work(client, random);
            broker.kill();
        }
        broker.restart();
        for (const auto& [queue, ledger] : ledgers) {
            INFO("cycle " << cycle);
            REQUIRE(ledger.faults == std::vector<std::string>{});
        }
        if (cycle % 1000 == 999) std::fprintf(stderr, "%d cycles\n", cycle + 1);
    }
    DurableClient client(broker.endpoint(), ledgers, 200);
    client.empty_queues(broker.endpoint(), random);
    for (const auto& [queue, ledger] : ledgers) {
        CHECK(ledger.faults == std::vector<std::string>{});
        CHECK(ledger.lost() == std::vector<std::uint64_t>{});
        CHECK(ledger.confirmations() > 0);
        CHECK(ledger.redeliveries() > 0);
        std::fprintf(stderr, "%s: %lu published, %lu confirmed, %lu deliveries, %lu flagged\n",
                     queue.c_str(), ledger.published(), ledger.confirmations(), ledger.deliveries(),
                     ledger.redeliveries());
    }
    CHECK(broker.terminate() == 0);
    check_log(directory.path + "/data");
}
