#include "broker/facts/record.h"

#include <string>

#include <catch2/catch.hpp>

#include "broker/facts/encoding.h"
#include "broker/facts/records.h"

namespace zex::facts {

TEST_CASE("a header comes back as it was written, and leaves room for a checksum") {
    std::string bytes;
    put_header(bytes, {Kind::relocated, flag_offered, 4, header_size + 9, 7, 41});
    CHECK(bytes.size() == header_size);
    CHECK(bytes.substr(checksum_at, 8) == std::string(8, '\0'));
    const Header header = unchecked_header(bytes);
    CHECK(header.kind == Kind::relocated);
    CHECK(header.flags == flag_offered);
    CHECK(header.lane == 4);
    CHECK(header.size == header_size + 9);
    CHECK(header.queue == 7);
    CHECK(header.sequence == 41);
}

TEST_CASE("a cursor turns bad where a body ends too soon, and stays bad") {
    Cursor cursor{"\x01\x02\x03"};
    CHECK(cursor.u16() == 0x0201);
    CHECK(cursor.u32() == 0);
    CHECK_FALSE(cursor.good);
    CHECK(cursor.u8() == 0);
    CHECK_FALSE(cursor.good);
}

TEST_CASE("records stand one behind the other, and are told apart again") {
    Records records;
    StoredMessage message;
    message.payload = "payload";
    records.enqueued(1, 0, 0, message);
    const SequenceRange range{0, 0};
    records.settled(1, {&range, 1});
    records.progress(1, {1, 1});
    CHECK(records.count() == 3);
    std::vector<Kind> kinds;
    std::size_t bytes = 0;
    each_record(records.bytes(), [&](std::string_view record) {
        kinds.push_back(unchecked_header(record).kind);
        bytes += record.size();
    });
    CHECK(kinds == std::vector{Kind::enqueued, Kind::settled, Kind::progress});
    CHECK(bytes == records.bytes().size());
}

TEST_CASE("of two promises the shorter one holds") {
    Records records;
    CHECK_FALSE(records.sync());
    records.promise_sync_within(50);
    records.promise_sync_within(20);
    records.promise_sync_within(70);
    CHECK(records.sync_within_ms() == 20);
    records.promise_sync();
    CHECK(records.sync());
    records.clear();
    CHECK_FALSE(records.sync());
    CHECK_FALSE(records.sync_within_ms());
}

TEST_CASE("progress comes back, also where a newer program says more") {
    std::string body;
    append_to(body, Progress{41, 40});
    body += "more";
    const auto progress = read_progress(body);
    REQUIRE(progress);
    CHECK(progress->next_sequence == 41);
    CHECK(progress->offered == 40);
    CHECK_FALSE(read_progress(std::string_view(body).substr(0, 15)));
}

TEST_CASE("ranges of a settled record that run backwards are refused") {
    std::string body;
    put(body, std::uint64_t{5});
    put(body, std::uint64_t{4});
    CHECK_FALSE(read_ranges(body));
    CHECK_FALSE(read_ranges(""));
    CHECK_FALSE(read_ranges(std::string(15, '\0')));
    CHECK(read_ranges(std::string(16, '\0')));
}

}  // namespace zex::facts
