#include "broker/facts/record.h"

#include <random>
#include <string>

#include <catch2/catch.hpp>

namespace zex::facts {
namespace {

constexpr std::uint64_t log_id = 0x1234;
constexpr Place place{3, 4096};

std::string record(std::string_view body) {
    std::string out;
    put_header(out, {Kind::enqueued, flag_offered,
                     static_cast<std::uint32_t>(header_size + body.size()), 7, 41});
    out += body;
    seal(out.data(), out.size(), log_id, place);
    return out;
}

}  // namespace

TEST_CASE("a record comes back as it was written") {
    const std::string bytes = record("payload") + "what follows";
    const Read read = read_record(bytes, log_id, place);
    REQUIRE_FALSE(read.flaw);
    CHECK(read.header.kind == Kind::enqueued);
    CHECK(read.header.flags == flag_offered);
    CHECK(read.header.size == header_size + 7);
    CHECK(read.header.queue == 7);
    CHECK(read.header.sequence == 41);
    CHECK(read.body == "payload");
}

TEST_CASE("a record may be sealed again without change") {
    std::string bytes = record("payload");
    const std::string once = bytes;
    seal(bytes.data(), bytes.size(), log_id, place);
    CHECK(bytes == once);
}

TEST_CASE("no single flipped bit of a record goes unseen") {
    const std::string good = record("some payload");
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        INFO("bit " << bit);
        CHECK(read_record(bad, log_id, place).flaw);
    }
}

TEST_CASE("a record is good only at its place and in its log") {
    const std::string bytes = record("payload");
    CHECK(read_record(bytes, log_id, {3, 4097}).flaw == Flaw::checksum);
    CHECK(read_record(bytes, log_id, {4, 4096}).flaw == Flaw::checksum);
    CHECK(read_record(bytes, log_id + 1, place).flaw == Flaw::checksum);
}

TEST_CASE("a record that is cut short is none, at every length") {
    const std::string bytes = record("payload");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const auto flaw = read_record(std::string_view(bytes).substr(0, size), log_id, place).flaw;
        CHECK(flaw == (size < header_size ? Flaw::mark : Flaw::size));
    }
}

TEST_CASE("impossible sizes are refused before anything is hashed") {
    for (const std::uint32_t size : {0U, 39U, 0x7fffffffU, 0xffffffffU}) {
        std::string bytes;
        put_header(bytes, {Kind::settled, 0, size, 1, 1});
        CHECK(read_record(bytes, log_id, place).flaw == Flaw::size);
    }
}

TEST_CASE("a good record of an unknown kind says so, and how long it is") {
    for (const int kind : {0, 6, 255}) {
        std::string bytes;
        put_header(bytes, {static_cast<Kind>(kind), 0, header_size, 1, 1});
        seal(bytes.data(), bytes.size(), log_id, place);
        const Read read = read_record(bytes, log_id, place);
        CHECK(read.flaw == Flaw::kind);
        CHECK(read.header.size == header_size);
    }
}

TEST_CASE("random bytes are no record") {
    std::mt19937_64 random(1);
    for (int run = 0; run < 2000; ++run) {
        std::string bytes(random() % 200, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        if (run % 2 == 0) bytes.insert(0, record_mark);
        CHECK(read_record(bytes, log_id, place).flaw);
    }
}

TEST_CASE("a cursor turns bad where a body ends too soon, and stays bad") {
    Cursor cursor{"\x01\x02\x03"};
    CHECK(cursor.u16() == 0x0201);
    CHECK(cursor.u32() == 0);
    CHECK_FALSE(cursor.good);
    CHECK(cursor.u8() == 0);
    CHECK_FALSE(cursor.good);
}

TEST_CASE("every flaw has its sentence") {
    for (const Flaw flaw : {Flaw::mark, Flaw::size, Flaw::checksum, Flaw::kind}) {
        CHECK_FALSE(name_of(flaw).empty());
    }
}

}  // namespace zex::facts
