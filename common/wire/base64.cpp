#include "common/wire/base64.h"

#include <array>
#include <cstdint>

namespace zex::wire {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}();

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group <<= 8;
            if (i + k < bytes.size()) group |= static_cast<unsigned char>(bytes[i + k]);
        }
        const std::size_t left = bytes.size() - i;
        out += alphabet[group >> 18];
        out += alphabet[group >> 12 & 63];
        out += left > 1 ? alphabet[group >> 6 & 63] : '=';
        out += left > 2 ? alphabet[group & 63] : '=';
    }
}

bool append_base64_decoded(std::string& out, std::string_view text) {
    if (text.size() % 4 != 0) return false;
    const std::size_t before = out.size();
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool pad = i >= text.size() - padding;
        const std::int8_t value =
            pad ? std::int8_t{0} : values[static_cast<unsigned char>(text[i])];
        if (value < 0) return out.resize(before), false;
        group = group << 6 | static_cast<std::uint32_t>(value);
        if (i % 4 != 3) continue;
        for (const int shift : {16, 8, 0}) out += static_cast<char>(group >> shift & 255);
        group = 0;
    }
    // Padding stood for zero bytes; they must be zero, and go.
    for (std::size_t i = 0; i < padding; ++i) {
        if (out.back() != '\0') return out.resize(before), false;
        out.pop_back();
    }
    return true;
}

}  // namespace zex::wire
