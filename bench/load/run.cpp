#include "bench/load/run.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "bench/load/fail.h"
#include "bench/load/load_publisher.h"
#include "bench/load/process_cost.h"

namespace bench {
namespace {

constexpr std::uint64_t kGiveUpNs = 5'000'000'000;

// Deliveries of all consumers, and when the last came.
struct Progress {
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> last_ns{0};
    std::atomic<bool> stop{false};
};

void consume(Consumer& consumer, Tally& tally, Progress& progress) {
    while (!progress.stop.load(std::memory_order_relaxed)) {
        const std::uint64_t before = tally.taken();
        consumer.receive(tally);
        if (tally.taken() == before) continue;
        progress.last_ns.store(now_ns());
        progress.delivered.fetch_add(tally.taken() - before);
    }
}

void await_deliveries(const Progress& progress, std::uint64_t expected) {
    for (std::uint64_t silence_since = now_ns(); progress.delivered.load() < expected;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        silence_since = std::max(silence_since, progress.last_ns.load());
        if (now_ns() - silence_since > kGiveUpNs) return;
    }
}

struct Clients {
    std::vector<std::unique_ptr<Consumer>> consumers;
    std::vector<std::unique_ptr<Publisher>> publishers;
};

Clients connect(const Plan& plan, Driver& driver) {
    Clients clients;
    for (unsigned i = 0; i < plan.consumers; ++i) clients.consumers.push_back(driver.consumer(i));
    for (unsigned i = 0; i < plan.publishers; ++i)
        clients.publishers.push_back(driver.publisher(i));
    return clients;
}

void count(const Plan& plan, std::vector<Tally>& tallies, Outcome& outcome) {
    if (!plan.fanout) {
        for (std::size_t i = 1; i < tallies.size(); ++i) tallies[0].merge(tallies[i]);
        tallies.erase(tallies.begin() + 1, tallies.end());
    }
    for (const Tally& tally : tallies) {
        if (tally.alien() != 0) fail("a message came that was never published");
        outcome.delivered += tally.taken();
        outcome.lost += tally.missing();
        outcome.twice += tally.twice();
        outcome.latencies_ns.insert(outcome.latencies_ns.end(), tally.latencies_ns().begin(),
                                    tally.latencies_ns().end());
    }
    std::sort(outcome.latencies_ns.begin(), outcome.latencies_ns.end());
}

}  // namespace

Outcome run(const Plan& plan, Driver& driver) {
    driver.prepare();
    Clients clients = connect(plan, driver);

    Outcome outcome;
    outcome.expected = plan.messages * (plan.fanout ? plan.consumers : 1);
    std::vector<Tally> tallies(plan.consumers, Tally(plan.messages));
    Progress progress;
    std::vector<std::thread> consumers;
    for (unsigned i = 0; i < plan.consumers; ++i)
        consumers.emplace_back([&, i] { consume(*clients.consumers[i], tallies[i], progress); });

    std::vector<LoadPublisher> load;
    for (unsigned i = 0; i < plan.publishers; ++i)
        load.emplace_back(plan, *clients.publishers[i], i);
    const ProcessCost before = ProcessCost::of(plan.server_pid);
    const std::uint64_t start = now_ns();
    std::vector<std::thread> publishers;
    for (LoadPublisher& publisher : load) publishers.emplace_back([&] { publisher.run(); });
    for (std::thread& thread : publishers) thread.join();
    await_deliveries(progress, outcome.expected);
    outcome.server_cpu_s = ProcessCost::of(plan.server_pid).cpu_s - before.cpu_s;

    progress.stop = true;
    for (std::thread& thread : consumers) thread.join();
    std::uint64_t end = progress.last_ns.load();
    for (const LoadPublisher& publisher : load) end = std::max(end, publisher.last_confirm_ns());
    outcome.seconds = static_cast<double>(std::max(end, start + 1) - start) / 1e9;
    count(plan, tallies, outcome);
    clients = {};
    driver.tear_down();
    return outcome;
}

}  // namespace bench
