// Faults that pass: a call fails once, or gives fewer bytes than it was asked for, and nothing is
// lost by it, taken for damage or told twice. And the two ends that a broker has, mixed: a kill
// leaves what was not synced in the memory of the kernel, a power cut does not.
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "broker/log/sealing.h"
#include "broker/store/log_files.h"
#include "broker/store/log_inspection.h"
#include "broker/store/log_store.h"
#include "broker/store/recovery.h"
#include "tests/store/scribe.h"
#include "tests/store/simulated_disk.h"

namespace zex::test {
namespace {

constexpr std::uint32_t segment_bytes = 4096;
const store::LogStore::Options options{segment_bytes, 2, 0xfa55};

struct House {
    std::unique_ptr<SimulatedDisk> disk = std::make_unique<SimulatedDisk>();
    std::unique_ptr<store::LogStore> log;
    std::unique_ptr<Scribe> scribe;
    bool damaged = false;

    void stop() {
        scribe.reset();
        log.reset();
    }
    void start() {
        stop();
        log = std::make_unique<store::LogStore>(*disk, "/data", options);
        auto found = log->recover({});
        INFO((found.ok() ? std::string() : found.error().text()));
        REQUIRE(found.ok());
        damaged = found->damaged();
        scribe = std::make_unique<Scribe>(*log, *found, segment_bytes);
    }
    void fill(int messages, bool sync = true) {
        for (int i = 0; i < messages; ++i) scribe->enqueue(1, "payload " + std::to_string(i));
        REQUIRE(scribe->flush(sync).ok());
    }
    void kill() {
        auto left = disk->after_kill();
        stop();
        disk = std::move(left);
    }
    void cut_power(Crash crash = Crash::unsynced_lost, std::uint64_t seed = 0) {
        auto left = disk->after(crash, seed);
        stop();
        disk = std::move(left);
    }
    std::string text() const { return scribe->model().text(); }
};

/// Tries again until it is done; gives how often that was.
template <class Call>
int until_done(const Call& call) {
    for (int tries = 1; tries < 10; ++tries) {
        const Status done = call();
        if (done) return tries;
        INFO(done.error().text());
        REQUIRE(done.error().may_retry());
    }
    FAIL("it does not end");
    return 0;
}

/// All that a store does, each call again until it is done.
int live(SimulatedDisk& disk, std::string& expected) {
    int tries = 0;
    store::LogStore log(disk, "/data", options);
    log::Recovered found;
    tries += until_done([&] {
        auto recovered = log.recover({});
        if (!recovered) return Status(recovered.error());
        found = std::move(*recovered);
        return Status();
    });
    CHECK_FALSE(found.damaged());
    Scribe scribe(log, found, segment_bytes);
    if (!scribe.model().queues.contains(1)) scribe.declare_queue(1, "a");
    for (int i = 0; i < 120; ++i) {
        scribe.enqueue(1, "payload " + std::to_string(i));
        if (i % 20 == 0) tries += until_done([&] { return scribe.flush(true); });
        if (i % 40 == 0) tries += until_done([&] { return log.reserve(); });
    }
    const std::uint64_t next = scribe.model().queues.at(1).next;
    scribe.settle(1, {{next - 120, next - 20}});
    tries += until_done([&] { return scribe.flush(true); });
    tries += until_done([&] { return scribe.clean(); });
    CHECK_FALSE(scribe.found_damage());
    std::vector<log::Place> places;
    for (const auto& [sequence, payload] : scribe.model().queues.at(1).payloads) {
        places.push_back(scribe.place(1, sequence));
    }
    tries += until_done([&] {
        auto records = log.read(places);
        if (!records) return Status(records.error());
        for (const log::StoredRecord& record : *records) CHECK_FALSE(record.damage);
        return Status();
    });
    tries += until_done([&] {
        auto space = log.space();
        return space ? Status() : Status(space.error());
    });
    tries += until_done([&] { return log.give_back(); });
    expected = scribe.model().text();
    return tries;
}

}  // namespace

TEST_CASE(
    "whatever call fails once with a fault that passes, it is made again and nothing is lost") {
    SimulatedDisk untouched;
    std::string expected;
    const int first_tries = live(untouched, expected);
    const int tries = live(untouched, expected);
    const std::uint64_t calls = untouched.all_calls();
    int again = 0;
    for (const ErrorCode code : {ErrorCode::disk_error, ErrorCode::disk_full}) {
        for (std::uint64_t call = 1; call < calls; call += 1 + call / 200) {
            SimulatedDisk disk;
            // A sync that fails is final, whatever it says; it is not one of these.
            disk.fail_any_at(call, code);
            disk.only_passing = true;
            INFO("call " << call);
            std::string text;
            const int first = live(disk, text);
            again += first + live(disk, text) > first_tries + tries ? 1 : 0;
            CHECK(text == expected);
            store::LogStore log(disk, "/data", options);
            auto found = log.recover({});
            REQUIRE(found.ok());
            CHECK_FALSE(found->damaged());
            CHECK(model_of(*found, log).text() == expected);
        }
    }
    CHECK(again > 50);
}

TEST_CASE("reads that give fewer bytes than they were asked for are no damage") {
    SimulatedDisk disk;
    disk.short_reads = true;
    std::string expected;
    live(disk, expected);
    live(disk, expected);
    store::LogStore log(disk, "/data", options);
    auto found = log.recover({});
    REQUIRE(found.ok());
    CHECK_FALSE(found->damaged());
    CHECK(model_of(*found, log).text() == expected);
}

TEST_CASE("bytes that are wrong once are read again, and are no damage") {
    House house;
    house.start();
    house.scribe->declare_queue(1, "a");
    house.fill(50);
    const std::string before = house.text();
    for (std::uint64_t read = 1; read < 12; ++read) {
        house.disk->lie_at(read);
        house.start();
        INFO("read " << read);
        CHECK_FALSE(house.damaged);
        CHECK(house.text() == before);
        house.disk->lie_at(1);
        const auto records = house.log->read(std::vector{house.scribe->place(1, 3)}).value();
        CHECK_FALSE(records[0].damage);
    }
}

TEST_CASE("what a start builds on is on the disk: kill, start, power cut") {
    House house;
    house.start();
    house.scribe->declare_queue(1, "a");
    house.fill(30, false);
    const std::string confirmed = house.text();
    house.kill();
    house.start();
    CHECK(house.text() == confirmed);
    house.cut_power();
    house.start();
    CHECK(house.text() == confirmed);
    CHECK_FALSE(house.damaged);
}

TEST_CASE("kills and power cuts, mixed, lose nothing that was confirmed or built upon") {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        House house;
        house.start();
        house.scribe->declare_queue(1, "a");
        REQUIRE(house.scribe->flush(true).ok());
        std::string least = house.text();
        for (std::uint64_t round = 0; round < 8; ++round) {
            house.fill(5 + static_cast<int>((seed * 7 + round) % 30), false);
            const bool synced = (seed + round) % 3 == 0;
            if (synced) REQUIRE(house.scribe->flush(true).ok());
            const std::string most = house.text();
            if (synced) least = most;
            if ((seed >> round) % 2 == 0) {
                house.kill();
                house.start();
                CHECK(house.text() == most);
                least = most;
            } else {
                const Scribe before = *house.scribe;
                house.cut_power(crashes[(seed + round) % 3], seed * 100 + round);
                house.start();
                INFO("seed " << seed << ", round " << round);
                CHECK(before.allows(house.text()));
                least = house.text();
            }
            CHECK_FALSE(house.damaged);
        }
    }
}

TEST_CASE("behind the mark, a later batch proves that a bad record was synced") {
    House house;
    house.start();
    house.scribe->declare_queue(1, "a");
    house.fill(10);
    const std::string stale = house.disk->bytes("/data/confirmed");
    for (int i = 0; i < 3; ++i) house.fill(5);
    const log::Place hit = house.scribe->place(1, 12);
    const std::string before = house.text();
    house.stop();
    house.disk->bytes("/data/confirmed") = stale;
    auto untouched = house.disk->copy();
    std::string& bytes = house.disk->bytes("/data/log/" + store::segment_name(hit.segment));
    bytes[hit.offset + 45] ^= 1;
    house.start();
    CHECK(house.damaged);
    CHECK(house.scribe->model().queues.at(1).payloads.size() == 24);

    // The last batch of all is proved by nothing: its torn end is cut off.
    house.stop();
    house.disk = std::move(untouched);
    std::string& tail = house.disk->bytes("/data/log/" + store::segment_name(hit.segment));
    tail.resize(tail.find_last_not_of('\0') + 1 - 60);
    house.start();
    CHECK_FALSE(house.damaged);
    CHECK(house.scribe->model().queues.at(1).payloads.size() == 24);
}

TEST_CASE("good records behind a bad stretch that nothing proves do not count") {
    House house;
    house.start();
    house.scribe->declare_queue(1, "a");
    house.fill(10);
    const std::string confirmed = house.text();
    house.fill(20, false);  // one batch, never synced: any part of it may have been written
    const log::Place lost = house.scribe->place(1, 12);
    house.stop();
    house.disk->bytes("/data/log/" + store::segment_name(lost.segment))
        .replace(lost.offset, 60, 60, '\0');
    house.start();
    CHECK_FALSE(house.damaged);
    CHECK(house.scribe->model().queues.at(1).payloads.size() == 12);
    house.fill(1);
    house.start();
    CHECK(house.scribe->model().queues.at(1).payloads.size() == 13);
    CHECK_FALSE(house.damaged);
}

TEST_CASE("a directory that is not used takes no room, and restarts take none") {
    House house;
    house.start();
    REQUIRE(house.log->reserve().ok());
    CHECK(house.log->space().value().used_bytes < 2 * segment_bytes + 8192 + 200);
    CHECK(house.log->space().value().reserved == 0);
    house.scribe->declare_queue(1, "a");
    house.fill(1);
    REQUIRE(house.log->reserve().ok());
    house.kill();
    house.start();
    house.fill(1);
    REQUIRE(house.log->reserve().ok());
    const std::uint64_t used = house.log->space().value().used_bytes;
    for (int i = 0; i < 25; ++i) {
        house.kill();
        house.start();
        house.fill(1);
        REQUIRE(house.log->reserve().ok());
    }
    CHECK(house.log->space().value().used_bytes < used + 25 * 512);
}

TEST_CASE("a full disk can be started on and drained, after any number of restarts") {
    House house;
    house.start();
    house.scribe->declare_queue(1, "a");
    house.fill(400);
    REQUIRE(house.log->reserve().ok());
    std::uint64_t used = 0;
    for (const std::string& file : house.disk->files()) used += house.disk->bytes(file).size();
    house.disk->set_capacity(used);
    for (int i = 0; i < 12; ++i) {
        house.kill();
        house.start();
        const auto first = house.scribe->model().queues.at(1).payloads.begin()->first;
        house.scribe->settle(1, {{first, first}});
        REQUIRE(house.scribe->flush(true).ok());
        REQUIRE(house.scribe->clean().ok());
    }
    const std::uint64_t next = house.scribe->model().queues.at(1).next;
    house.scribe->settle(1, {{0, next - 1}});
    REQUIRE(house.scribe->flush(true).ok());
    REQUIRE(house.scribe->clean().ok());
    CHECK(house.log->space().value().free_bytes > used / 2);
}

TEST_CASE("an unfinished backup is refused in words, again and again, and leaves nothing") {
    House house;
    house.start();
    house.scribe->declare_queue(1, "a");
    house.fill(100);
    bool finished = false;
    for (std::uint64_t call = 1; !finished; ++call) {
        auto disk = house.disk->after_kill();
        store::LogStore log(*disk, "/data", options);
        REQUIRE(log.recover({}).ok());
        disk->stop_at(disk->calls() + call);
        finished = log.backup("/backup").ok();
        auto left = disk->after_kill();
        if (!left->has("/backup") || finished) continue;
        for (int start = 0; start < 2; ++start) {
            store::LogStore restored(*left, "/backup", options);
            auto found = restored.recover({});
            const bool empty = left->files().empty();
            if (found) {
                // Nothing had come to the directory, or all of it.
                CHECK((found->fresh || model_of(*found, restored).text() == house.text()));
            } else {
                INFO(found.error().text());
                CHECK(found.error().code == ErrorCode::data_foreign);
                CHECK(found.error().reason.find("backup that was not finished") !=
                      std::string::npos);
            }
            CHECK_FALSE(empty);
        }
    }
}

TEST_CASE("a check of a data directory says what a start would say, and leaves nothing") {
    SimulatedDisk disk;
    CHECK(store::check_data_directory(disk, "/a/b/data").ok());
    CHECK_FALSE(disk.has("/a"));
    REQUIRE(disk.open("/file", store::Access::create).ok());
    CHECK(store::check_data_directory(disk, "/file/data").error().code == ErrorCode::data_foreign);
    CHECK(store::check_data_directory(disk, "/file").error().code == ErrorCode::data_foreign);
    disk.writable = false;
    CHECK_FALSE(store::check_data_directory(disk, "/a/b/data").ok());
    disk.writable = true;
    store::LogStore log(disk, "/data", options);
    REQUIRE(log.recover({}).ok());
    CHECK(store::check_data_directory(disk, "/data").error().code == ErrorCode::data_in_use);
}

TEST_CASE("directories that are made are on the disk, all the way up") {
    SimulatedDisk disk;
    store::LogStore log(disk, "/a/b/data", options);
    auto found = log.recover({});
    REQUIRE(found.ok());
    Scribe scribe(log, *found, segment_bytes);
    scribe.declare_queue(1, "a");
    REQUIRE(scribe.flush(true).ok());
    auto left = disk.after(Crash::unsynced_lost, 0);
    store::LogStore again(*left, "/a/b/data", options);
    CHECK(model_of(again.recover({}).value(), again).text() == scribe.model().text());
}

}  // namespace zex::test
