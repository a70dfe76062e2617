#include "common/wire/canonical.h"

#include <cstring>

#include "common/base/check.h"

namespace zex::wire {
namespace {

CanonicalValue integer(std::uint64_t number) {
    return {.kind = Kind::unsigned_integer, .number = number};
}

CanonicalValue signed_integer(std::int64_t number) {
    return {.kind = number < 0 ? Kind::negative_integer : Kind::unsigned_integer,
            .number = static_cast<std::uint64_t>(number)};
}

CanonicalValue container(Kind kind, std::uint64_t count) {
    return {.kind = kind, .count = static_cast<std::uint32_t>(count)};
}

}  // namespace

std::string_view CanonicalCursor::take(std::size_t size) {
    ZEX_CHECK(size <= bytes_.size() - at_);
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
}

std::uint64_t CanonicalCursor::big_endian(std::size_t size) {
    std::uint64_t number = 0;
    for (const char c : take(size)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

CanonicalValue CanonicalCursor::next() {
    const auto head = static_cast<unsigned char>(take(1).front());
    const auto bytes = [this](Kind kind, std::uint64_t size) {
        return CanonicalValue{.kind = kind, .bytes = take(size)};
    };
    if (head < 0x80) return integer(head);
    if (head < 0x90) return container(Kind::map, head & 0x0fU);
    if (head < 0xa0) return container(Kind::array, head & 0x0fU);
    if (head < 0xc0) return bytes(Kind::text, head & 0x1fU);
    if (head >= 0xe0) return signed_integer(static_cast<std::int8_t>(head));
    switch (head) {
        case 0xc0:
            return {};
        case 0xc2:
            return {.kind = Kind::boolean, .number = 0};
        case 0xc3:
            return {.kind = Kind::boolean, .number = 1};
        case 0xc4:
            return bytes(Kind::binary, big_endian(1));
        case 0xc5:
            return bytes(Kind::binary, big_endian(2));
        case 0xc6:
            return bytes(Kind::binary, big_endian(4));
        case 0xcb: {
            const std::uint64_t bits = big_endian(8);
            CanonicalValue value{.kind = Kind::real};
            std::memcpy(&value.real, &bits, sizeof bits);
            return value;
        }
        case 0xcc:
            return integer(big_endian(1));
        case 0xcd:
            return integer(big_endian(2));
        case 0xce:
            return integer(big_endian(4));
        case 0xcf:
            return integer(big_endian(8));
        case 0xd0:
            return signed_integer(static_cast<std::int8_t>(big_endian(1)));
        case 0xd1:
            return signed_integer(static_cast<std::int16_t>(big_endian(2)));
        case 0xd2:
            return signed_integer(static_cast<std::int32_t>(big_endian(4)));
        case 0xd3:
            return signed_integer(static_cast<std::int64_t>(big_endian(8)));
        case 0xd9:
            return bytes(Kind::text, big_endian(1));
        case 0xda:
            return bytes(Kind::text, big_endian(2));
        case 0xdb:
            return bytes(Kind::text, big_endian(4));
        case 0xdc:
            return container(Kind::array, big_endian(2));
        case 0xdd:
            return container(Kind::array, big_endian(4));
        case 0xde:
            return container(Kind::map, big_endian(2));
        case 0xdf:
            return container(Kind::map, big_endian(4));
        default:
            break;
    }
    ZEX_CHECK(!"canonical MessagePack");
    return {};
}

std::string_view CanonicalCursor::skip() {
    const std::size_t start = at_;
    for (std::uint64_t left = 1; left > 0; --left) {
        const CanonicalValue value = next();
        left += value.kind == Kind::map ? 2ULL * value.count : value.count;
    }
    return bytes_.substr(start, at_ - start);
}

}  // namespace zex::wire
