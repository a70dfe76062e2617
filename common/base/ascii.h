// Whether a text is ASCII, for texts that are mostly short: a handful of instructions, in line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace zex {

/// No byte from 0x80 up. The last step overlaps the one before it, so that none goes byte by byte.
inline bool is_ascii(std::string_view text) {
    const auto word = [&text]<class Word>(Word, std::size_t at) {
        Word bytes = 0;
        std::memcpy(&bytes, text.data() + at, sizeof bytes);
        return std::uint64_t{bytes};
    };
    const std::size_t size = text.size();
    std::uint64_t all = 0;
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8) all |= word(std::uint64_t{}, i);
        all |= word(std::uint64_t{}, size - 8);
    } else if (size >= 4) {
        all = word(std::uint32_t{}, 0) | word(std::uint32_t{}, size - 4);
    } else if (size >= 1) {
        all = word(std::uint8_t{}, 0) | word(std::uint8_t{}, size / 2) |
              word(std::uint8_t{}, size - 1);
    }
    return (all & 0x8080808080808080U) == 0;
}

}  // namespace zex
