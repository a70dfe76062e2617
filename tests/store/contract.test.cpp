// The contract of the dock: what holds for every store, on a disk or in memory.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "broker/store/log_store.h"
#include "broker/store/memory_store.h"
#include "tests/store/scribe.h"
#include "tests/store/simulated_disk.h"

namespace zex::test {
namespace {

constexpr std::uint32_t segment_bytes = 4096;

/// A place where a store comes to rest, and comes back from.
struct LogPlace {
    SimulatedDisk disk;
    std::unique_ptr<store::Store> start() {
        return std::make_unique<store::LogStore>(disk, "/data",
                                                 store::LogStore::Options{segment_bytes, 2, 7});
    }
};
struct MemoryPlace {
    store::MemoryLog log;
    std::unique_ptr<store::Store> start() { return std::make_unique<store::MemoryStore>(log); }
};

template <class Place>
struct House {
    Place place;
    std::unique_ptr<store::Store> store;
    log::Recovered found;
    std::unique_ptr<Scribe> scribe;

    House() { start(); }
    void start() {
        store.reset();
        store = place.start();
        auto recovered = store->recover({});
        REQUIRE(recovered.ok());
        found = *recovered;
        scribe = std::make_unique<Scribe>(*store, found, segment_bytes);
    }
    void fill(int messages) {
        scribe->declare_exchange("logs");
        scribe->declare_queue(1, "a");
        scribe->declare_queue(2, "b");
        scribe->bind("logs", "error", 1);
        for (int i = 0; i < messages; ++i) {
            scribe->enqueue(1 + static_cast<std::uint64_t>(i % 2), "payload " + std::to_string(i));
        }
        REQUIRE(scribe->flush(true).ok());
    }
};

}  // namespace

#define EVERY_STORE(name) TEMPLATE_TEST_CASE(name, "[contract]", LogPlace, MemoryPlace)

EVERY_STORE("a store that is new is empty, and begins with segment 1") {
    House<TestType> house;
    CHECK(house.found.fresh);
    CHECK(house.found.next_segment == 1);
    CHECK(house.found.queues.empty());
    CHECK_FALSE(house.found.damaged());
    CHECK(house.store->written() == log::Place{1, 64});
    CHECK(house.store->synced() == house.store->written());
}

EVERY_STORE("what was written comes back after a restart, in a new segment") {
    House<TestType> house;
    house.fill(200);
    house.scribe->settle(1, {{0, 9}, {20, 20}});
    house.scribe->offer(1, 30);
    REQUIRE(house.scribe->flush(true).ok());
    const std::string before = house.scribe->model().text();
    const log::Place end = house.store->written();
    CHECK(end.segment > 2);
    house.start();
    CHECK_FALSE(house.found.fresh);
    CHECK(house.scribe->model().text() == before);
    CHECK(house.found.next_segment == end.segment + 1);
    CHECK(house.found.last_queue == 2);
    CHECK_FALSE(house.found.damaged());
}

EVERY_STORE("recovery counts the live messages of each segment, and knows where topology is") {
    House<TestType> house;
    house.fill(200);
    house.start();
    std::uint64_t live = 0;
    for (const log::RecoveredSegment& segment : house.found.segments) {
        live += segment.live;
        CHECK((segment.topology_bytes > 0) == (segment.number == 1));
        CHECK(segment.bytes > log::segment_header_size);
        CHECK(segment.bytes <= segment_bytes);
    }
    CHECK(live == 200);
}

EVERY_STORE("a message that was written as offered is one that may have been delivered") {
    House<TestType> house;
    house.scribe->declare_queue(1, "a");
    house.scribe->enqueue(1, "not offered");
    house.scribe->enqueue_offered(1, "offered");
    house.scribe->enqueue(1, "not offered");
    REQUIRE(house.scribe->flush(true).ok());
    house.start();
    REQUIRE(house.found.queues.size() == 1);
    CHECK(house.found.queues[0].declared.offered == 2);
}

EVERY_STORE("only what asks for it is synced") {
    House<TestType> house;
    house.scribe->declare_queue(1, "a");
    REQUIRE(house.scribe->flush(false).ok());
    CHECK(house.store->synced() < house.store->written());
    REQUIRE(house.store->sync().ok());
    CHECK(house.store->synced() == house.store->written());
    house.scribe->enqueue(1, "x");
    REQUIRE(house.scribe->flush(true).ok());
    CHECK(house.store->synced() == house.store->written());
}

EVERY_STORE("messages are read in the order asked, whatever their order in the log") {
    House<TestType> house;
    house.fill(100);
    std::vector<log::Place> places;
    for (std::uint64_t sequence : {40, 3, 4, 5, 49, 3}) {
        places.push_back(house.scribe->place(2, sequence));
    }
    const auto records = house.store->read(places).value();
    REQUIRE(records.size() == places.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        REQUIRE_FALSE(records[i].damage);
        CHECK(records[i].place == places[i]);
        CHECK(records[i].header.queue == 2);
        const std::string payload = "payload " + std::to_string(records[i].header.sequence * 2 + 1);
        CHECK(facts::read_message(records[i].header.flags, records[i].body.view())->payload ==
              payload);
    }
}

EVERY_STORE("a large message is read whole, and needs a segment of its own") {
    House<TestType> house;
    house.scribe->declare_queue(1, "a");
    house.scribe->enqueue(1, "small");
    const std::string large(3 * segment_bytes, 'L');
    const log::Place place = house.scribe->enqueue(1, large);
    house.scribe->enqueue(1, "small again");
    REQUIRE(house.scribe->flush(true).ok());
    const auto records = house.store->read(std::vector{house.scribe->place(1, 0), place}).value();
    REQUIRE_FALSE(records[1].damage);
    CHECK(facts::read_message(records[1].header.flags, records[1].body.view())->payload == large);
    const std::string before = house.scribe->model().text();
    house.start();
    CHECK(house.scribe->model().text() == before);
}

EVERY_STORE("a place where no message is gives damage and no bytes") {
    House<TestType> house;
    house.fill(10);
    const log::Place good = house.scribe->place(1, 0);
    const std::vector<log::Place> places = {
        {good.segment, good.offset + 1}, good, {1, 64}, {1, 100000}};
    const auto records = house.store->read(places).value();
    for (std::size_t i = 0; i < places.size(); ++i) {
        CHECK(records[i].damage.has_value() == (places[i] != good));
        CHECK((records[i].body.size() == 0) == (places[i] != good));
    }
}

EVERY_STORE("a segment that is not there is an error, and says nothing about any record") {
    House<TestType> house;
    house.fill(10);
    const auto records = house.store->read(std::vector{house.scribe->place(1, 0), {99, 64}});
    REQUIRE_FALSE(records.ok());
    CHECK(records.error().may_retry());
}

EVERY_STORE("a segment is read for compaction in bounded pieces, every record once") {
    House<TestType> house;
    house.fill(100);
    std::vector<log::Place> places;
    std::size_t pieces = 0;
    for (log::Place from{1, 64}; from; ++pieces) {
        auto piece = house.store->read_segment(from, 500);
        REQUIRE(piece.ok());
        std::size_t bytes = 0;
        for (const log::StoredRecord& record : piece->records) {
            CHECK_FALSE(record.damage);
            places.push_back(record.place);
            bytes += record.body.size();
        }
        CHECK(bytes < 500 + 300);
        from = piece->next;
    }
    CHECK(pieces > 3);
    CHECK(std::is_sorted(places.begin(), places.end()));
    CHECK(places.front() == log::Place{1, 64});
    for (std::uint64_t sequence = 0; sequence < 10; ++sequence) {
        CHECK(std::count(places.begin(), places.end(), house.scribe->place(1, sequence)) == 1);
    }
}

EVERY_STORE("compaction keeps what is live, and the oldest segment goes") {
    House<TestType> house;
    house.fill(200);
    house.scribe->settle(1, {{0, 99}});
    house.scribe->settle(2, {{1, 90}});
    REQUIRE(house.scribe->clean().ok());
    const std::string before = house.scribe->model().text();
    const auto records = house.store->read(std::vector{house.scribe->place(2, 0)}).value();
    REQUIRE_FALSE(records[0].damage);
    CHECK(records[0].header.kind == facts::Kind::relocated);
    house.start();
    CHECK(house.found.segments.front().number >= 3);
    CHECK(house.scribe->model().text() == before);
    CHECK_FALSE(house.found.damaged());
}

EVERY_STORE("a whole log can be compacted away, again and again") {
    House<TestType> house;
    house.fill(20);
    for (std::uint64_t round = 0; round < 12; ++round) {
        const std::uint64_t sequence = round % 10;
        house.scribe->settle(1, {{sequence, sequence}});
        house.scribe->settle(2, {{sequence, sequence}});
        for (int i = 0; i < 60; ++i) house.scribe->offer(2, sequence);
        REQUIRE(house.scribe->clean().ok());
        const std::string before = house.scribe->model().text();
        house.start();
        CHECK(house.scribe->model().text() == before);
    }
    CHECK(house.found.segments.front().number > 5);
}

EVERY_STORE("starting again and again changes nothing") {
    House<TestType> house;
    house.fill(50);
    const std::string before = house.scribe->model().text();
    for (int round = 0; round < 5; ++round) {
        house.start();
        CHECK(house.scribe->model().text() == before);
    }
    CHECK(house.found.next_segment <= 7);
}

EVERY_STORE("messages without a declaration become a queue that says so") {
    House<TestType> house;
    facts::Records records;
    facts::StoredMessage orphan;
    orphan.payload = "orphan";
    records.enqueued(5, 10, 0, orphan);
    house.scribe->append(records);
    house.scribe->declare_queue(6, "recovered-5");
    REQUIRE(house.scribe->flush(true).ok());
    house.start();
    REQUIRE(house.found.queues.size() == 2);
    CHECK(house.found.damaged());
    CHECK(house.found.queues[0].declaration_lost);
    CHECK(house.found.queues[0].declared.name == "recovered-5+");
    CHECK(house.found.queues[0].live == 1);
    CHECK(house.found.queues[0].declared.next_sequence == 11);
}

EVERY_STORE("a log that is used no more costs nothing for each start") {
    House<TestType> house;
    house.fill(1);
    house.start();
    const std::uint64_t used = house.store->space().value().used_bytes;
    for (int round = 0; round < 5; ++round) house.start();
    CHECK(house.store->space().value().used_bytes == used);
}

EVERY_STORE("the same batches twice leave the same log") {
    House<TestType> house;
    house.fill(50);
    facts::Records records;
    records.offered(1, 7);
    log::Log log({segment_bytes}, house.found);
    log.append(records);
    log::Batch batch = log.take();
    batch.chunks[0].begin = house.store->written();
    log::seal(batch, house.store->log_id());
    REQUIRE(house.store->write({&batch, 1}).ok());
    const log::Place end = house.store->written();
    REQUIRE(house.store->write({&batch, 1}).ok());
    CHECK(house.store->written() == end);
    house.start();
    CHECK_FALSE(house.found.damaged());
    CHECK(house.found.queues[0].declared.offered == 7);
}

EVERY_STORE("a log that was cut goes on there, and knows nothing of what was behind") {
    for (const bool restarted : {false, true}) {
        House<TestType> house;
        house.fill(20);
        const log::Place end = house.store->written();
        const std::string before = house.scribe->model().text();
        for (int i = 0; i < 200; ++i) house.scribe->enqueue(1, "to be dropped");
        REQUIRE(house.scribe->flush(true).ok());
        REQUIRE(house.store->written().segment > end.segment + 1);
        if (restarted) house.start();
        REQUIRE(house.store->cut(end).ok());
        CHECK(house.store->written() == end);
        CHECK(house.store->synced() == end);

        facts::Records records;
        records.offered(1, 3);
        log::Log log({segment_bytes}, house.found);
        log.append(records);
        log::Batch batch = log.take();
        batch.chunks[0].begin = end;
        batch.sync = true;
        log::seal(batch, house.store->log_id());
        REQUIRE(house.store->write({&batch, 1}).ok());
        house.start();
        CHECK_FALSE(house.found.damaged());
        Model expected = house.scribe->model();
        CHECK(expected.queues.at(1).offered == 3);
        expected.queues.at(1).offered = 0;
        CHECK(expected.text() == before);
    }
}

EVERY_STORE("a fresh store takes the id of another log") {
    House<TestType> house;
    REQUIRE(house.store->adopt(77).ok());
    CHECK(house.store->log_id() == 77);
    house.fill(10);
    const std::string before = house.scribe->model().text();
    house.start();
    CHECK(house.store->log_id() == 77);
    CHECK(house.found.log_id == 77);
    CHECK_FALSE(house.found.damaged());
    CHECK(house.scribe->model().text() == before);
}

EVERY_STORE("what was given back at a clean stop is not missed") {
    House<TestType> house;
    house.fill(20);
    REQUIRE(house.store->reserve().ok());
    REQUIRE(house.store->give_back().ok());
    CHECK(house.store->space().value().used_bytes < 2 * segment_bytes + 10000);
    for (int i = 0; i < 100; ++i) house.scribe->enqueue(1, "after it " + std::to_string(i));
    REQUIRE(house.scribe->flush(true).ok());
    REQUIRE(house.store->give_back().ok());
    const std::string before = house.scribe->model().text();
    house.start();
    CHECK_FALSE(house.found.damaged());
    CHECK(house.scribe->model().text() == before);
}

}  // namespace zex::test
