// Every crash point: a scripted life of a log, stopped at each call that changes the disk, in each
// of four ways. What recovery then finds must be what some moment between the last confirmed fact
// and the last one handed over would have left: nothing confirmed is lost, nothing settled comes
// back, nothing appears that was not written, and order is kept. Recovery is stopped as well.
#include <memory>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "broker/store/log_store.h"
#include "tests/store/scribe.h"
#include "tests/store/simulated_disk.h"

namespace zex::test {
namespace {

constexpr std::uint32_t segment_bytes = 2048;
const store::LogStore::Options options{segment_bytes, 2, 0x5eed};

std::string payload_of(std::mt19937_64& random) {
    return std::string(random() % 150, static_cast<char>('a' + random() % 26)) +
           std::to_string(random() % 100000);
}

std::vector<facts::SequenceRange> some_live(const ModelQueue& queue, std::mt19937_64& random) {
    std::vector<facts::SequenceRange> out;
    for (const auto& [sequence, payload] : queue.payloads) {
        if (random() % 3 == 0) out.push_back({sequence, sequence});
    }
    return out;
}

void declare_extra(Scribe& scribe, std::uint64_t id) {
    if (!scribe.model().queues.contains(id)) scribe.declare_queue(id, "e" + std::to_string(id));
}

void bind_known(Scribe& scribe, const std::string& exchange, std::uint64_t queue) {
    if (scribe.model().exchanges.contains(exchange)) scribe.bind(exchange, "k", queue);
}

/// One of the things that a broker writes, by chance.
void make_fact(Scribe& scribe, std::mt19937_64& random) {
    const std::uint64_t queue = 1 + random() % 3;
    const bool there = scribe.model().queues.contains(queue);
    switch (random() % 16) {
        case 0:
            declare_extra(scribe, queue + 3 * (1 + random() % 50));
            return;
        case 1:
            scribe.declare_exchange("x" + std::to_string(random() % 4));
            return;
        case 2:
            if (there) bind_known(scribe, "x" + std::to_string(random() % 4), queue);
            return;
        case 3:
            if (there) scribe.unbind("x" + std::to_string(random() % 4), "k", queue);
            return;
        case 4:
        case 5:
        case 6:
            if (!there) return;
            if (auto live = some_live(scribe.model().queues.at(queue), random); !live.empty()) {
                scribe.settle(queue, live);
            }
            return;
        case 7:
            if (there) scribe.offer(queue, scribe.model().queues.at(queue).next);
            return;
        default:
            if (there) scribe.enqueue(queue, payload_of(random));
    }
}

/// At least 200 operations, the same each time.
struct Life {
    SimulatedDisk disk;
    std::unique_ptr<store::LogStore> log;
    std::unique_ptr<Scribe> scribe;  ///< from when recovery has told that the log is empty
    std::string backed_up;           ///< state at the time of the backup, when it is whole
    int looked_after = 0;

    void live() {
        std::mt19937_64 random(7);
        log = std::make_unique<store::LogStore>(disk, "/data", options);
        auto found = log->recover({});
        REQUIRE(found.ok());
        scribe = std::make_unique<Scribe>(*log, *found, segment_bytes);
        for (std::uint64_t queue : {1, 2, 3}) {
            scribe->declare_queue(queue, "q" + std::to_string(queue));
        }
        for (int step = 0; step < 600; ++step) {
            make_fact(*scribe, random);
            if (step == 90) scribe->remove_queue(3);
            if (random() % 4 == 0) REQUIRE(scribe->flush(random() % 2 == 0).ok());
            if (step % 9 == 0) REQUIRE(log->reserve().ok());
            if (step % 50 == 40) REQUIRE(scribe->clean().ok());
            if (step == 350) {
                REQUIRE(scribe->flush(true).ok());
                REQUIRE(log->backup("/backup").ok());
                backed_up = scribe->model().text();
            }
        }
        REQUIRE(scribe->flush(true).ok());
    }
};

struct Outcome {
    bool ok = false;
    std::string text;  ///< of the model, or of the error
};

Outcome recover(SimulatedDisk& disk, const std::string& directory) {
    store::LogStore log(disk, directory, options);
    auto found = log.recover({});
    if (!found) return {false, found.error().text()};
    std::string wrong;
    for (const log::Damage& damage : found->damage) wrong += "damage: " + damage.text() + "\n";
    for (const auto& queue : found->queues) {
        if (!queue.missing.empty() || queue.declaration_lost) wrong += "messages are missing\n";
    }
    bool unordered = false;
    std::string text = model_of(*found, log, &unordered).text();
    if (unordered) wrong += "out of order\n";
    return {wrong.empty(), wrong + text};
}

/// Stops recovery at its `call`-th call, then recovers from what that leaves.
void recover_twice(const SimulatedDisk& disk, std::uint64_t call, Crash crash,
                   const std::string& expected) {
    auto first = disk.copy();
    std::unique_ptr<SimulatedDisk> left;
    first->before_call = [&](std::uint64_t number) {
        if (number != call) return;
        left = first->after(crash, number);
        first->stop_at(number);
    };
    recover(*first, "/data");
    if (!left) return;
    const Outcome again = recover(*left, "/data");
    INFO("recovery stopped at its call " << call);
    CHECK(again.ok);
    CHECK(again.text == expected);
}

}  // namespace

TEST_CASE("every crash point leaves a log that recovers to a moment after the last confirm") {
    Life life;
    std::uint64_t runs = 0;
    life.disk.before_call = [&](std::uint64_t call) {
        for (const Crash crash : crashes) {
            const auto left = life.disk.after(crash, call);
            const auto untouched = left->copy();
            const Outcome outcome = recover(*left, "/data");
            const std::string empty;
            const bool right =
                life.scribe ? life.scribe->allows(outcome.text) : outcome.text == empty;
            if (!outcome.ok || !right) {
                INFO("call " << call << ", way " << static_cast<int>(crash));
                CHECK(outcome.ok);
                if (life.scribe)
                    CHECK(outcome.text == life.scribe->state(life.scribe->confirmed()));
                FAIL("recovery is wrong");
            }
            for (std::uint64_t stop = 1; stop <= left->calls(); ++stop) {
                recover_twice(*untouched, stop, crashes[(call + stop) % 4], outcome.text);
                ++runs;
            }
            ++runs;
        }
    };
    life.live();
    life.disk.before_call = nullptr;
    CHECK(life.scribe->facts() >= 200);
    CHECK(life.scribe->oldest() > 3);
    const Outcome restored = recover(life.disk, "/backup");
    CHECK(restored.ok);
    CHECK(restored.text == life.backed_up);
    WARN("crash points: " << life.disk.calls() << " calls, " << runs
                          << " recoveries, 0 violations");
}

TEST_CASE("a backup that was interrupted is refused or whole") {
    Life life;
    life.disk.before_call = [&](std::uint64_t call) {
        if (!life.disk.has("/backup") || life.looked_after++ > 20) return;
        for (const Crash crash : crashes) {
            const auto left = life.disk.after(crash, call);
            const Outcome outcome = recover(*left, "/backup");
            INFO("call " << call << ", way " << static_cast<int>(crash) << ": " << outcome.text);
            const bool refused = outcome.text.starts_with("data_");
            // Where not even a file had come to the disk, the directory is like a new one.
            CHECK((refused || outcome.text.empty() || life.scribe->allows(outcome.text)));
            CHECK((outcome.ok || refused));
            if (!life.backed_up.empty()) CHECK(outcome.text == life.backed_up);
        }
    };
    life.live();
}

}  // namespace zex::test
