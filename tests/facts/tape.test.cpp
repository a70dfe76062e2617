#include "broker/facts/tape.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace zex::facts {
namespace {

/// The records of a batch, sealed and read again where they stand.
std::vector<Read> records_of(Batch& batch) {
    std::vector<Read> out;
    for (Piece& piece : batch.pieces) {
        std::size_t at = 0;
        while (at < piece.bytes.size()) {
            const std::string_view rest = std::string_view(piece.bytes).substr(at);
            const std::size_t size = unchecked_header(rest).size;
            const Place place{piece.begin.segment,
                              piece.begin.offset + static_cast<std::uint32_t>(at)};
            seal(piece.bytes.data() + at, size, 1, place);
            out.push_back(read_record(rest, 1, place));
            at += size;
        }
    }
    return out;
}

}  // namespace

TEST_CASE("records stand one behind the other, from behind the segment's header") {
    Tape tape(5, {4096});
    CHECK(tape.empty());
    const Place first = tape.enqueued(1, 0, 0, {"x", "k", "", "", "payload"});
    const Place second = tape.offered(1, 1);
    CHECK(first == Place{5, segment_header_size});
    CHECK(second == Place{5, segment_header_size + 40 + 12 + 2 + 7});
    CHECK(tape.end() == Place{5, second.offset + 40});
    CHECK(tape.total_bytes() == 61 + 40);

    Batch batch = tape.take();
    CHECK(tape.empty());
    CHECK(batch.tape_bytes == 61 + 40);
    CHECK(tape.total_bytes() == 61 + 40);
    REQUIRE(batch.pieces.size() == 1);
    CHECK(batch.pieces[0].begin == first);
    CHECK(batch.bytes() == 61 + 40);
    const auto records = records_of(batch);
    REQUIRE(records.size() == 2);
    CHECK(records[0].header.kind == Kind::enqueued);
    CHECK(read_message(records[0].body)->payload == "payload");
    CHECK(records[1].header.kind == Kind::offered);
    CHECK(records[1].header.sequence == 1);
}

TEST_CASE("a record that does not fit begins the next segment") {
    Tape tape(1, {segment_header_size + 100});
    CHECK(tape.offered(1, 1) == Place{1, 64});
    CHECK(tape.offered(1, 2) == Place{1, 104});
    CHECK(tape.offered(1, 3) == Place{2, 64});
    const Batch batch = tape.take();
    REQUIRE(batch.pieces.size() == 2);
    CHECK(batch.pieces[1].begin == Place{2, 64});
    CHECK(tape.offered(1, 4) == Place{2, 104});
    CHECK(tape.take().pieces.at(0).begin == Place{2, 104});
}

TEST_CASE("a record larger than a segment has one of its own") {
    Tape tape(1, {segment_header_size + 100});
    tape.offered(1, 1);
    const Place large = tape.enqueued(1, 0, 0, {"", "", "", "", std::string(500, 'x')});
    CHECK(large == Place{2, 64});
    CHECK(tape.offered(1, 2) == Place{3, 64});
    CHECK(tape.take().pieces.size() == 3);
}

TEST_CASE("settled ranges come back; what is none is refused") {
    Tape tape(1, {4096});
    const std::vector<SequenceRange> ranges = {{3, 5}, {9, 9}, {20, UINT64_MAX}};
    tape.settled(2, ranges);
    Batch batch = tape.take();
    const auto records = records_of(batch);
    CHECK(records.at(0).header.sequence == 3);
    CHECK(read_ranges(records.at(0).body) == ranges);

    CHECK_FALSE(read_ranges(""));
    CHECK_FALSE(read_ranges(records.at(0).body.substr(1)));
    std::string backwards;
    put(backwards, std::uint64_t{5});
    put(backwards, std::uint64_t{4});
    CHECK_FALSE(read_ranges(backwards));
}

TEST_CASE("topology is written twice") {
    Tape tape(1, {4096});
    const TopologyChange change = QueueRemoved{9};
    CHECK(tape.topology({&change, 1}) == Place{1, 64});
    Batch batch = tape.take();
    const auto records = records_of(batch);
    REQUIRE(records.size() == 2);
    CHECK(records[0].body == records[1].body);
    CHECK((read_changes(records[1].body)->at(0) == change));
}

TEST_CASE("a batch holds the strongest promise that was made for it, and the next one none") {
    Tape tape(1, {4096});
    CHECK(tape.batch() == 1);
    tape.promise_sync_within(50);
    tape.promise_sync_within(20);
    tape.promise_sync_within(70);
    const Batch first = tape.take();
    CHECK(first.number == 1);
    CHECK_FALSE(first.sync);
    CHECK(first.sync_within_ms == 20U);
    CHECK(tape.batch() == 2);
    tape.promise_sync();
    CHECK(tape.take().sync);
    CHECK_FALSE(tape.take().sync);
    CHECK(tape.batch() == 4);
}

}  // namespace zex::facts
