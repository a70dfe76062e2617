// The real broker on a disk that fails: the N-th write or sync gives an error, by strace. A sync
// that failed is never made good by another one: what it should have stored is refused, and the
// broker ends with 74 (EX_IOERR).
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <stdexcept>
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

/// AddressSanitizer's search for leaks does not work under strace.
const Process::Environment traced = {{"LSAN_OPTIONS", "detect_leaks=0"}};

std::vector<std::string> with_fault(const std::string& call, const std::string& error, int when,
                                    const std::string& directory) {
    return {"/usr/bin/strace",
            "--follow-forks",
            "--quiet=all",
            "--seccomp-bpf",
            "--trace=" + call,
            "--output=/dev/null",
            "--inject=" + call + ":error=" + error + ":when=" + std::to_string(when),
            built("zexd"),
            "--listen",
            "ipc://" + directory + "/zexd.sock",
            "--data-dir",
            directory + "/data",
            "--storage-segment-bytes",
            "262144",
            "--storage-free-bytes-min",
            "0"};
}

/// Some sandboxes do not allow one process to trace another.
bool can_trace() {
    return run({"/usr/bin/strace", "--output=/dev/null", "/bin/true"}).code == 0;
}

/// Publishes and settles until the broker is gone. It may go before it has answered anything.
void work_until_it_ends(Process& zexd, const std::string& endpoint,
                        std::map<std::string, Ledger>& ledgers, std::mt19937_64& random) {
    while (!zexd.has_ended()) try {
            DurableClient client(endpoint, ledgers, 200, std::chrono::milliseconds(200));
            while (!zexd.has_ended()) {
                client.publish(random() % 2 == 0 ? "main" : "side", 1 + random() % 20, random);
                for (std::uint64_t n = random() % 10; n > 0 && client.hear(random, false); --n) {
                }
                while (client.unanswered() > 100 && client.hear(random, false)) {
                }
            }
        } catch (const std::runtime_error& unanswered) {
            continue;  // it is slow, or it has ended
        }
}

}  // namespace

TEST_CASE("after a failed sync nothing is confirmed, and what was is there", "[torture]") {
    if (!can_trace()) {
        WARN("not tested: strace may not trace here");
        return;
    }
    const TemporaryDirectory directory;
    std::map<std::string, Ledger> ledgers;
    for (const char* queue : {"main", "side"}) ledgers.emplace(queue, queue);
    std::mt19937_64 random(2);
    int failed_while_starting = 0;
    for (int trial = 0; trial < trials; ++trial) {
        INFO("trial " << trial);
        const int when = static_cast<int>(1 + random() % 60);
        Process zexd(with_fault("fdatasync", "EIO", when, directory.path), {}, traced);
        const std::string endpoint = "ipc://" + directory.path + "/zexd.sock";
        if (zexd.err_line("log read")) {
            work_until_it_ends(zexd, endpoint, ledgers, random);
        } else {
            ++failed_while_starting;
        }
        REQUIRE(zexd.wait() == 74);
        REQUIRE(zexd.err().find("fdatasync") != std::string::npos);
        for (const auto& [queue, ledger] : ledgers) {
            REQUIRE(ledger.faults == std::vector<std::string>{});
        }
    }
    CHECK(failed_while_starting < trials);
    const std::string data = directory.path + "/data";
    BrokerProcess broker({"--data-dir", data}, "ipc://" + directory.path + "/zexd.sock");
    DurableClient client(broker.endpoint(), ledgers, 200);
    client.empty_queues(broker.endpoint(), random);
    for (const auto& [queue, ledger] : ledgers) {
        CHECK(ledger.faults == std::vector<std::string>{});
        CHECK(ledger.lost() == std::vector<std::uint64_t>{});
        CHECK(ledger.confirmations() > 0);
    }
    CHECK(broker.terminate() == 0);
    check_log(data);
}
