#include "common/base/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace zex {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

/// Length of the well-formed sequence that starts at `i`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t i) {
    const std::uint8_t first = byte_at(text, i);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || i + length > text.size()) return 0;
    for (std::size_t k = 1; k < length; ++k) {
        if ((byte_at(text, i + k) & 0xC0) != 0x80) return 0;
    }
    const std::uint8_t second = byte_at(text, i + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second > 0x9F;
    const bool too_high = first == 0xF4 && second > 0x8F;
    return overlong || surrogate || too_high ? 0 : length;
}

bool is_control(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte < 0x20 || byte == 0x7F;
}

Error bad_name(std::string_view text, std::string_view field, const char* what) {
    return error(ErrorCode::bad_name, std::string(field) + " '" + escaped(text) + "' " + what,
                 std::string(field));
}

/// The first byte from `i` on that is not ASCII, looking at eight at a time.
std::size_t skip_ascii(std::string_view text, std::size_t i) {
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + i, 8);
        if ((eight & 0x8080808080808080U) != 0) break;
    }
    while (i < text.size() && byte_at(text, i) < 0x80) ++i;
    return i;
}

}  // namespace

std::optional<std::size_t> find_bad_utf8(std::string_view text) {
    for (std::size_t i = skip_ascii(text, 0); i < text.size(); i = skip_ascii(text, i)) {
        const std::size_t length = sequence_length(text, i);
        if (length == 0) return i;
        i += length;
    }
    return std::nullopt;
}

std::optional<Error> check_key(std::string_view key, std::string_view field) {
    if (key.size() > 255) return bad_name(key, field, "is longer than 255 bytes");
    if (find_bad_utf8(key)) return bad_name(key, field, "is not UTF-8");
    if (std::any_of(key.begin(), key.end(), is_control)) {
        return bad_name(key, field, "has a control character");
    }
    return std::nullopt;
}

std::optional<Error> check_name(std::string_view name, std::string_view field) {
    if (name.empty()) {
        return error(ErrorCode::bad_name, std::string(field) + " is empty; give 1 to 255 bytes",
                     std::string(field));
    }
    return check_key(name, field);
}

bool is_reserved_name(std::string_view name) {
    return name.starts_with("$") || name.starts_with("amq.") || name.starts_with("zex.");
}

std::string escaped(std::string_view text, std::size_t limit) {
    static constexpr char hex[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (out.size() >= limit) return out + "…";
        const std::size_t length = sequence_length(text, i);
        if (length == 0 || is_control(text[i])) {
            const std::uint8_t byte = byte_at(text, i);
            out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
            i += 1;
        } else {
            out += text.substr(i, length);
            i += length;
        }
    }
    return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace zex
