#include "broker/log/sealing.h"

#include <random>
#include <string>

#include <catch2/catch.hpp>

namespace zex::log {
namespace {

using facts::Kind;

constexpr std::uint64_t log_id = 0x1234;
constexpr Place place{3, 4096};

std::string record(std::string_view body) {
    std::string out;
    facts::put_header(out, {Kind::enqueued, facts::flag_offered, 3,
                            static_cast<std::uint32_t>(facts::header_size + body.size()), 7, 41});
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
    CHECK(read.header.flags == facts::flag_offered);
    CHECK(read.header.size == facts::header_size + 7);
    CHECK(read.header.lane == 3);
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
        CHECK(flaw == (size < facts::header_size ? Flaw::mark : Flaw::size));
    }
}

TEST_CASE("impossible sizes are refused before anything is hashed") {
    for (const std::uint32_t size : {0U, 39U, 0x7fffffffU, 0xffffffffU}) {
        std::string bytes;
        facts::put_header(bytes, {Kind::settled, 0, 0, size, 1, 1});
        CHECK(read_record(bytes, log_id, place).flaw == Flaw::size);
    }
}

TEST_CASE("a record of a kind that is not known is good") {
    for (const int kind : {0, 8, 255}) {
        std::string bytes;
        facts::put_header(bytes, {static_cast<Kind>(kind), 0, 0, facts::header_size, 1, 1});
        seal(bytes.data(), bytes.size(), log_id, place);
        CHECK_FALSE(read_record(bytes, log_id, place).flaw);
    }
}

TEST_CASE("random bytes are no record") {
    std::mt19937_64 random(1);
    for (int run = 0; run < 2000; ++run) {
        std::string bytes(random() % 200, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        if (run % 2 == 0) bytes.insert(0, facts::record_mark);
        CHECK(read_record(bytes, log_id, place).flaw);
    }
}

TEST_CASE("every flaw has its sentence") {
    for (const Flaw flaw : {Flaw::mark, Flaw::size, Flaw::checksum}) {
        CHECK_FALSE(name_of(flaw).empty());
    }
}

}  // namespace zex::log
