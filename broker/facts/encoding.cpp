#include "broker/facts/encoding.h"

#include <bit>
#include <cstring>

namespace zex::facts {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the log is little-endian and written as memory has it");

template <class T>
void put_number(std::string& out, T number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    out.append(bytes, sizeof number);
}

template <class T>
T take_number(Cursor& from) {
    const std::string_view raw = from.bytes(sizeof(T));
    T number = 0;
    if (!raw.empty()) std::memcpy(&number, raw.data(), sizeof number);
    return number;
}

}  // namespace

void put(std::string& out, std::uint16_t number) {
    put_number(out, number);
}
void put(std::string& out, std::uint32_t number) {
    put_number(out, number);
}
void put(std::string& out, std::uint64_t number) {
    put_number(out, number);
}

std::string_view Cursor::bytes(std::size_t count) {
    if (count > rest.size()) {
        good = false;
        rest = {};
        return {};
    }
    const std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(count);
    return taken;
}

std::uint8_t Cursor::u8() {
    return take_number<std::uint8_t>(*this);
}
std::uint16_t Cursor::u16() {
    return take_number<std::uint16_t>(*this);
}
std::uint32_t Cursor::u32() {
    return take_number<std::uint32_t>(*this);
}
std::uint64_t Cursor::u64() {
    return take_number<std::uint64_t>(*this);
}

}  // namespace zex::facts
