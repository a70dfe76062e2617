// Little-endian numbers and byte strings, as they stand in records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zex::facts {

void put(std::string& out, std::uint16_t number);
void put(std::string& out, std::uint32_t number);
void put(std::string& out, std::uint64_t number);

/// Takes numbers and strings from the front of a body. `good` turns false where a body ends in the
/// middle of one.
struct Cursor {
    std::string_view rest;
    bool good = true;

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();
    std::string_view bytes(std::size_t count);

    /// Nothing is left: fields that follow are missing and have their defaults.
    bool at_end() const { return rest.empty(); }
};

}  // namespace zex::facts
