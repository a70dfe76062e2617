#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "broker/store/segment_scan.h"
#include "tests/store/simulated_disk.h"

namespace zex::test {
namespace {

constexpr std::uint64_t log_id = 3;

/// A segment's bytes with one record for each body, and where they begin.
struct Segment {
    std::string bytes = std::string(64, '\0');
    std::vector<std::size_t> begins;

    void add(const std::string& body) {
        std::string record;
        facts::put_header(record,
                          {facts::Kind::enqueued, 0, 0,
                           static_cast<std::uint32_t>(facts::header_size + body.size()), 1, 1});
        record += body;
        log::seal(record.data(), record.size(), log_id,
                  {1, static_cast<std::uint32_t>(bytes.size())});
        begins.push_back(bytes.size());
        bytes += record;
    }
};

struct Found {
    std::vector<std::size_t> good;
    std::vector<std::pair<std::size_t, std::size_t>> bad;
    std::uint64_t written_end = 0;
};

Found scan(const std::string& bytes) {
    SimulatedDisk disk;
    auto file = disk.open("/segment", store::Access::create);
    REQUIRE((*file)->write(0, bytes).ok());
    store::SegmentScan scan(**file, 1, log_id, 64, bytes.size());
    Found found;
    store::ScanItem item;
    for (;;) {
        auto more = scan.next(item);
        REQUIRE(more.ok());
        if (!*more) return found;
        if (!item.flaw) found.good.push_back(item.begin);
        if (item.flaw) found.bad.emplace_back(item.begin, item.end);
        if (item.flaw) found.written_end = item.written_end;
    }
}

}  // namespace

TEST_CASE("a scan finds every record, also those larger than one read") {
    Segment segment;
    for (const std::size_t size : {0, 1, 100, 3 << 20, 7, 1 << 20, 0}) {
        segment.add(std::string(size, 'x'));
    }
    const Found found = scan(segment.bytes);
    CHECK(found.good == segment.begins);
    CHECK(found.bad.empty());
}

TEST_CASE("a bad record costs itself, wherever its bad byte is") {
    Segment segment;
    for (int i = 0; i < 5; ++i) segment.add("payload " + std::to_string(i));
    for (std::size_t at = segment.begins[2]; at < segment.begins[3]; ++at) {
        std::string bytes = segment.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        const Found found = scan(bytes);
        INFO("byte " << at);
        CHECK(found.good.size() == 4);
        REQUIRE(found.bad.size() == 1);
        CHECK(found.bad[0] == std::pair{segment.begins[2], segment.begins[3]});
    }
}

TEST_CASE("a mark across the edge of two reads is found") {
    for (std::size_t shift = 0; shift < 10; ++shift) {
        Segment segment;
        segment.add("damaged");
        segment.bytes.resize((1 << 20) + 64 - shift, 'z');
        segment.add("good");
        segment.bytes[70] = 'z';
        CHECK(scan(segment.bytes).good == std::vector{segment.begins[1]});
    }
}

TEST_CASE("a payload full of false marks hides no record behind it, and costs bounded work") {
    Segment segment;
    std::string hostile;
    while (hostile.size() < (2 << 20)) {
        facts::put_header(hostile, {facts::Kind::enqueued, 0, 0, 1 << 20, 1, 1});
    }
    segment.add(hostile);
    segment.add("good");
    segment.bytes[100] = static_cast<char>(segment.bytes[100] ^ 1);
    CHECK(scan(segment.bytes).good == std::vector{segment.begins[1]});
}

TEST_CASE("records inside a payload are no records, even where the one around them is bad") {
    Segment inner;
    inner.add("pretender");
    Segment segment;
    segment.add(inner.bytes.substr(64));
    segment.add("good");
    segment.bytes[64] = 'z';
    CHECK(scan(segment.bytes).good == std::vector{segment.begins[1]});
}

TEST_CASE("what was set aside and not written is told from what was") {
    Segment segment;
    segment.add("good");
    const std::size_t end = segment.bytes.size();
    segment.bytes.resize(end + 5000, '\0');
    Found found = scan(segment.bytes);
    REQUIRE(found.bad.size() == 1);
    CHECK(found.written_end == end);
    segment.bytes[end + 3000] = 1;
    found = scan(segment.bytes);
    CHECK(found.written_end == end + 3001);
}

}  // namespace zex::test
