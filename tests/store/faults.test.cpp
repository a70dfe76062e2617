// What the store does when the disk is full, fails, or is not what it should be: refusals that name
// the file and the way out, never an empty start over existing data, never a confirm after a sync
// that failed.
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "broker/store/log_files.h"
#include "broker/store/log_store.h"
#include "tests/store/scribe.h"
#include "tests/store/simulated_disk.h"

namespace zex::test {
namespace {

constexpr std::uint32_t segment_bytes = 4096;
const store::LogStore::Options options{segment_bytes, 2, 0xfa017};

struct House {
    SimulatedDisk disk;
    std::unique_ptr<store::LogStore> log;
    std::unique_ptr<Scribe> scribe;

    House() {
        start();
        scribe->declare_queue(1, "a");
        REQUIRE(scribe->flush(true).ok());
    }
    void start() {
        log.reset();
        log = std::make_unique<store::LogStore>(disk, "/data", options);
        auto found = log->recover({});
        REQUIRE(found.ok());
        scribe = std::make_unique<Scribe>(*log, *found, segment_bytes);
    }
    void fill(int messages) {
        for (int i = 0; i < messages; ++i) scribe->enqueue(1, "payload " + std::to_string(i));
        REQUIRE(scribe->flush(true).ok());
    }
    void stop() {
        scribe.reset();
        log.reset();
    }
    std::string segment(std::uint32_t number) const {
        return "/data/log/" + store::segment_name(number);
    }
};

/// The error with which a start on this disk is refused.
Error refusal(SimulatedDisk& disk) {
    store::LogStore log(disk, "/data", options);
    auto found = log.recover({});
    REQUIRE_FALSE(found.ok());
    return found.error();
}

bool names(const Error& error, const std::string& what) {
    return error.reason.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("a full disk shows in the reserve before a write fails") {
    House house;
    REQUIRE(house.log->reserve().ok());
    CHECK(house.log->space().value().is_reserve_complete());
    std::uint64_t used = 0;
    for (const std::string& file : house.disk.files()) used += house.disk.bytes(file).size();
    house.disk.set_capacity(used);
    house.fill(60);  // into what was set aside
    CHECK(house.log->written().segment == 2);
    CHECK(house.log->reserve().error().code == ErrorCode::disk_full);
    CHECK_FALSE(house.log->space().value().is_reserve_complete());
    CHECK(house.log->space().value().reserved == 1);
    CHECK(house.log->space().value().free_bytes < segment_bytes);
    house.disk.set_capacity(UINT64_MAX);
    CHECK(house.log->reserve().ok());
    CHECK(house.log->space().value().is_reserve_complete());
}

TEST_CASE("a write that finds no room may be made again, and nothing is lost or doubled") {
    House house;
    std::uint64_t used = 0;
    for (const std::string& file : house.disk.files()) used += house.disk.bytes(file).size();
    house.disk.set_capacity(used);
    for (int i = 0; i < 200; ++i) house.scribe->enqueue(1, "payload " + std::to_string(i));
    const Status refused = house.scribe->flush(true);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::disk_full);
    CHECK(refused.error().may_retry());
    CHECK_FALSE(house.scribe->flush(true).ok());
    house.disk.set_capacity(UINT64_MAX);
    REQUIRE(house.scribe->flush(true).ok());
    CHECK(house.log->synced() == house.log->written());
    const std::string before = house.scribe->model().text();
    house.start();
    CHECK(house.scribe->model().text() == before);
}

TEST_CASE("every call that finds no room may be made again, but never a sync") {
    int made_again = 0;
    for (std::uint64_t failing = 1; failing <= 80; ++failing) {
        House house;
        const std::string payload(300, '.');
        for (int i = 0; i < 600; ++i) house.scribe->enqueue(1, payload + std::to_string(i));
        house.disk.fail_at(house.disk.calls() + failing, ErrorCode::disk_full);
        const Status done = house.scribe->flush(true);
        house.disk.fail_at(0, ErrorCode::disk_full);
        INFO("call " << failing << ": " << (done ? "" : done.error().text()));
        const Status again = house.scribe->flush(true);
        if (done || done.error().code == ErrorCode::disk_full) {
            made_again += done ? 0 : 1;
            CHECK(again.ok());
            CHECK(house.scribe->confirmed() == house.scribe->facts());
        } else {
            CHECK_FALSE(again.ok());
        }
        const auto left = house.disk.after(Crash::unsynced_lost, 0);
        store::LogStore log(*left, "/data", options);
        auto found = log.recover({});
        REQUIRE(found.ok());
        CHECK_FALSE(found->damaged());
        CHECK(house.scribe->allows(model_of(*found, log).text()));
    }
    CHECK(made_again > 10);
}

TEST_CASE("after a failed sync the store takes nothing any more, and confirms nothing") {
    House house;
    house.fill(3);
    const std::string confirmed = house.scribe->model().text();
    house.scribe->enqueue(1, "not confirmed");
    house.disk.fail_at(house.disk.calls() + 2, ErrorCode::storage_failed);  // write, then sync
    CHECK(house.scribe->flush(true).error().code == ErrorCode::storage_failed);
    CHECK(house.log->synced() < house.log->written());
    const std::uint64_t calls = house.disk.calls();
    CHECK(house.scribe->flush(true).error().code == ErrorCode::storage_failed);
    CHECK(house.log->sync().error().code == ErrorCode::storage_failed);
    CHECK(house.log->reserve().error().code == ErrorCode::storage_failed);
    CHECK(house.log->remove_before(1).error().code == ErrorCode::storage_failed);
    CHECK(house.log->backup("/b").error().code == ErrorCode::storage_failed);
    CHECK(house.disk.calls() == calls);  // no sync was tried again

    // A power cut after it: what was confirmed is there, and the rest is not mistaken for it.
    const auto left = house.disk.after(Crash::unsynced_lost, 0);
    store::LogStore again(*left, "/data", options);
    auto found = again.recover({});
    REQUIRE(found.ok());
    CHECK_FALSE(found->damaged());
    CHECK(model_of(*found, again).text() == confirmed);
}

TEST_CASE("whatever call fails, no confirmed message is lost and none comes from nowhere") {
    int failures = 0;
    for (std::uint64_t failing = 1; failing < 60; ++failing) {
        House house;
        house.disk.fail_at(house.disk.calls() + failing, ErrorCode::storage_failed);
        bool failed = false;
        for (int i = 0; i < 80 && !failed; ++i) {
            house.scribe->enqueue(1, std::string(100, 'x') + std::to_string(i));
            failed = !house.scribe->flush(i % 3 == 0).ok();
            if (!failed && i == 70) failed = !house.scribe->clean().ok();
        }
        INFO("call " << failing);
        failures += failed ? 1 : 0;
        const auto left = house.disk.after(Crash::unsynced_lost, 0);
        store::LogStore again(*left, "/data", options);
        auto found = again.recover({});
        REQUIRE(found.ok());
        CHECK_FALSE(found->damaged());
        CHECK(house.scribe->allows(model_of(*found, again).text()));
    }
    CHECK(failures > 50);  // not all: what cannot be cut off a closed segment does no harm
}

TEST_CASE("a second broker on the same directory is refused") {
    House house;
    CHECK(refusal(house.disk).code == ErrorCode::data_in_use);
    house.stop();
    house.start();
}

TEST_CASE("a missing identity is refused, and so is a directory of something else") {
    House house;
    house.stop();
    house.disk.erase("/data/identity");
    const Error error = refusal(house.disk);
    CHECK(error.code == ErrorCode::data_foreign);
    CHECK(names(error, "identity"));
    CHECK(names(error, "backup"));

    SimulatedDisk other;
    REQUIRE(other.make_directory("/data").ok());
    REQUIRE(other.open("/data/letter.txt", store::Access::create).ok());
    CHECK(refusal(other).code == ErrorCode::data_foreign);
    CHECK(names(refusal(other), "letter.txt"));
}

TEST_CASE("an identity that is empty or not ours is refused by name") {
    for (const std::string& bytes : {std::string(), std::string(5000, 'x')}) {
        House house;
        house.stop();
        house.disk.bytes("/data/identity") = bytes;
        const Error error = refusal(house.disk);
        CHECK(error.code == ErrorCode::data_foreign);
        CHECK(names(error, "/data/identity"));
    }
}

TEST_CASE("a newer version is refused by number, in the identity and in a segment") {
    House house;
    house.stop();
    const auto copy = house.disk.copy();
    store::Identity newer;
    newer.version = 3;
    newer.log_id = options.new_log_id;
    house.disk.bytes("/data/identity").replace(0, 64, store::to_block(newer));
    CHECK(refusal(house.disk).code == ErrorCode::data_too_new);
    CHECK(names(refusal(house.disk), "version 3"));

    copy->bytes(house.segment(1))
        .replace(0, 64, store::to_block(store::SegmentHeader{3, 1, options.new_log_id, 0}));
    CHECK(refusal(*copy).code == ErrorCode::data_too_new);
    CHECK(names(refusal(*copy), "00000001.seg"));
}

TEST_CASE("a segment that is missing, empty or of another log is refused by name") {
    House house;
    house.fill(200);
    const std::uint32_t last = house.log->written().segment;
    REQUIRE(last > 3);
    house.stop();
    for (const std::uint32_t number : {1U, 2U, last}) {
        const std::string path = house.segment(number);
        auto missing = house.disk.copy();
        missing->erase(path);
        CHECK(refusal(*missing).code == ErrorCode::data_damaged);
        CHECK(names(refusal(*missing), path + " is missing"));

        auto empty = house.disk.copy();
        empty->bytes(path).clear();
        CHECK(refusal(*empty).code == ErrorCode::data_damaged);
        CHECK(names(refusal(*empty), path + " is empty"));

        auto foreign = house.disk.copy();
        foreign->bytes(path).replace(0, 64,
                                     store::to_block(store::SegmentHeader{1, number, 99, 0}));
        CHECK(refusal(*foreign).code == ErrorCode::data_foreign);
    }
}

TEST_CASE("the way out that a refusal names works, and tells what is lost") {
    House house;
    house.fill(200);
    house.stop();
    house.disk.bytes(house.segment(2)).assign(64, '\0');
    store::LogStore log(house.disk, "/data", options);
    const log::Recovered found = log.recover({}).value();
    CHECK(found.damaged());
    REQUIRE(found.queues.size() == 1);
    CHECK(found.queues[0].live > 100);
    REQUIRE(found.queues[0].missing.size() == 1);
    const auto lost = found.queues[0].missing[0];
    CHECK(lost.last - lost.first + 1 + found.queues[0].live == 200);
}

TEST_CASE("all segments gone is never an empty start") {
    House house;
    house.fill(10);
    house.stop();
    house.disk.erase(house.segment(1));
    CHECK(refusal(house.disk).code == ErrorCode::data_damaged);
    house.disk.erase("/data/confirmed");
    CHECK(refusal(house.disk).code == ErrorCode::data_damaged);
}

TEST_CASE("without the mark a log is recovered, and the mark's absence is told") {
    House house;
    house.fill(100);
    const std::string before = house.scribe->model().text();
    house.stop();
    house.disk.erase("/data/confirmed");
    {
        store::LogStore log(house.disk, "/data", options);
        auto found = log.recover({});
        REQUIRE(found.ok());
        CHECK(found->damaged());
        CHECK(found->damage.at(0).file == "confirmed");
        CHECK(model_of(*found, log).text() == before);
    }
    store::LogStore log(house.disk, "/data", options);
    CHECK_FALSE(log.recover({}).value().damaged());
}

TEST_CASE("a backup is whole with and without hard links, and only into an empty directory") {
    for (const bool links : {true, false}) {
        House house;
        house.disk.links = links;
        house.fill(100);
        const std::string then = house.scribe->model().text();
        REQUIRE(house.log->backup("/backup/").ok());
        CHECK(house.log->backup("/backup").error().code == ErrorCode::not_empty);
        house.fill(100);
        house.scribe->settle(1, {{0, 150}});
        REQUIRE(house.scribe->clean().ok());
        store::LogStore log(house.disk, "/backup", options);
        auto found = log.recover({});
        REQUIRE(found.ok());
        CHECK_FALSE(found->damaged());
        CHECK(model_of(*found, log).text() == then);
    }
}

}  // namespace zex::test
