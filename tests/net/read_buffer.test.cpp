#include "common/net/zmtp/read_buffer.h"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

namespace zex::net::zmtp {
namespace {

void put(ReadBuffer& buffer, Scratch& scratch, std::string_view bytes, std::uint64_t wanted = 0) {
    while (!bytes.empty()) {
        const auto room = buffer.room(wanted, scratch);
        REQUIRE_FALSE(room.empty());
        const std::size_t size = std::min(room.size(), bytes.size());
        std::copy_n(bytes.begin(), size, room.begin());
        buffer.received(size);
        bytes.remove_prefix(size);
    }
}

TEST_CASE("an idle read buffer has no memory of its own") {
    Scratch scratch;
    ReadBuffer buffer;
    put(buffer, scratch, "message");
    buffer.consume(7);
    buffer.keep(0);
    CHECK(buffer.own_bytes() == 0);
    CHECK(buffer.bytes().empty());
}

TEST_CASE("what waits for more is kept apart from the scratch, and goes on where it was") {
    Scratch scratch;
    ReadBuffer first;
    ReadBuffer second;
    put(first, scratch, "done.half");
    first.consume(5);
    first.keep(20);
    CHECK(first.own_bytes() == 20);
    put(second, scratch, "something else");
    second.consume(14);
    put(first, scratch, " and half");
    CHECK(first.bytes() == "half and half");
    first.consume(13);
    CHECK(first.own_bytes() == 0);
}

TEST_CASE("a long message has a block of its own, of its own size, and is not moved again") {
    Scratch scratch;
    ReadBuffer buffer;
    const std::string begin(100, 'a');
    put(buffer, scratch, begin);
    const std::uint64_t whole = 1 << 20;
    const auto room = buffer.room(whole, scratch);
    CHECK(buffer.own_bytes() == whole);
    CHECK(room.size() == whole - begin.size());
    const char* stands_at = buffer.bytes().data();
    put(buffer, scratch, std::string(5000, 'b'), whole);
    buffer.keep(whole);
    put(buffer, scratch, std::string(5000, 'c'), whole);
    CHECK(buffer.bytes().data() == stands_at);
    CHECK(buffer.bytes().size() == 10'100);
}

TEST_CASE("what is held keeps its bytes, whatever is wanted next") {
    Scratch scratch;
    ReadBuffer buffer;
    std::string expected;
    std::uint32_t seed = 1;
    for (int i = 0; i < 2000; ++i) {
        seed = seed * 1'103'515'245 + 12'345;
        const std::string piece(1 + seed % 700, static_cast<char>('a' + i % 26));
        put(buffer, scratch, piece, seed % 3 == 0 ? expected.size() + seed % 90'000 : 0);
        expected += piece;
        REQUIRE(buffer.bytes() == expected);
        if (seed % 5 == 0) {
            const std::size_t used = expected.size() * (seed % 11) / 10;
            buffer.consume(std::min(used, expected.size()));
            expected.erase(0, std::min(used, expected.size()));
        }
        if (seed % 7 == 0) buffer.keep(0);
        REQUIRE(buffer.bytes() == expected);
    }
}

}  // namespace
}  // namespace zex::net::zmtp
