// Properties in MessagePack are copied as they came only where that is the canonical form.
#include <string>

#include "tests/wire/decode.h"

namespace zex::wire {
namespace {

struct Spelling {
    const char* sent;
    const char* kept;
};

/// What the property `x` with this value is kept as.
std::string kept(const std::string& value) {
    Decoder decoder;
    const std::string envelope =
        bytes("83 a2 6f70 a7 7075626c697368 a8 65786368616e6765 a1 65 a1 78") + value;
    const auto publish = accepted_as<Publish>(decoder, envelope);
    const std::string head = bytes("81 a1 78");
    REQUIRE(publish.common.starts_with(head));
    return std::string(publish.common.substr(head.size()));
}

const Spelling loose[] = {
    {"cc 7f", "7f"},
    {"cd 00ff", "cc ff"},
    {"ce 0000ffff", "cd ffff"},
    {"cf 00000000ffffffff", "ce ffffffff"},
    {"d0 05", "05"},
    {"d0 e0", "e0"},
    {"d1 0080", "cc 80"},
    {"d1 ff80", "d0 80"},
    {"d2 ffff8000", "d1 8000"},
    {"d2 00010000", "ce 00010000"},
    {"d3 ffffffff80000000", "d2 80000000"},
    {"d3 0000000000000001", "01"},
    {"ca 3f800000", "cb 3ff0000000000000"},
    {"d9 01 61", "a1 61"},
    {"da 0001 61", "a1 61"},
    {"db 00000001 61", "a1 61"},
    {"dc 0001 c0", "91 c0"},
    {"dd 00000001 c0", "91 c0"},
    {"de 0001 a1 61 c0", "81 a1 61 c0"},
    {"df 00000001 a1 61 c0", "81 a1 61 c0"},
    {"81 d9 01 61 c0", "81 a1 61 c0"},
    {"81 a1 61 92 c2 cc 00", "81 a1 61 92 c2 00"},
};

const char* const canonical[] = {
    "00",
    "7f",
    "cc 80",
    "cc ff",
    "cd 0100",
    "cd ffff",
    "ce 00010000",
    "ce ffffffff",
    "cf 0000000100000000",
    "cf ffffffffffffffff",
    "ff",
    "e0",
    "d0 df",
    "d0 80",
    "d1 ff7f",
    "d1 8000",
    "d2 ffff7fff",
    "d2 80000000",
    "d3 ffffffff7fffffff",
    "d3 8000000000000000",
    "c0",
    "c2",
    "c3",
    "cb 3ff8000000000000",
    "a0",
    "a1 61",
    "80",
    "90",
    "82 a1 61 90 a1 62 80",
};

}  // namespace

TEST_CASE("a value in a longer encoding becomes canonical, alone and at any place in a container") {
    for (const Spelling& value : loose) {
        INFO(value.sent);
        const std::string sent = bytes(value.sent);
        const std::string becomes = bytes(value.kept);
        CHECK(kept(sent) == becomes);
        CHECK(kept(bytes("91") + sent) == bytes("91") + becomes);
        CHECK(kept(bytes("92 90") + sent) == bytes("92 90") + becomes);
        CHECK(kept(bytes("92") + sent + bytes("90")) == bytes("92") + becomes + bytes("90"));
        CHECK(kept(bytes("81 a1 6b 91") + sent) == bytes("81 a1 6b 91") + becomes);
    }
}

TEST_CASE("a canonical value is kept byte for byte, also behind one that was not") {
    for (const char* hex : canonical) {
        INFO(hex);
        const std::string value = bytes(hex);
        CHECK(kept(value) == value);
        CHECK(kept(bytes("91") + value) == bytes("91") + value);
        CHECK(kept(bytes("92 cc 01 91") + value) == bytes("92 01 91") + value);
    }
}

TEST_CASE("counts that need more than four bits keep their canonical heads") {
    for (const std::size_t count : {15U, 16U, 300U}) {
        const bool wide = count > 15;
        const std::string head =
            wide ? bytes("dc") + static_cast<char>(count >> 8) + static_cast<char>(count & 255)
                 : std::string(1, static_cast<char>(0x90 + count));
        const std::string list = head + std::string(count, '\x01');
        CHECK(kept(list) == list);
    }
    const auto big_endian = [](std::size_t number, std::size_t size) {
        std::string out;
        for (std::size_t i = size; i > 0; --i) out += static_cast<char>(number >> (8 * (i - 1)));
        return out;
    };
    for (const std::size_t size : {31U, 32U, 255U, 256U, 65535U, 65536U}) {
        const std::string head = size < 32      ? big_endian(0xa0 + size, 1)
                                 : size < 256   ? bytes("d9") + big_endian(size, 1)
                                 : size < 65536 ? bytes("da") + big_endian(size, 2)
                                                : bytes("db") + big_endian(size, 4);
        const std::string text = head + std::string(size, 'a');
        INFO(size);
        CHECK((kept(text) == text));
        CHECK((kept(bytes("91") + text) == bytes("91") + text));
    }
}

}  // namespace zex::wire
