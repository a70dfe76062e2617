#include "tools/zex/printable.h"

#include <cstdint>

#include "common/base/text.h"
#include "tools/zex/characters.h"

namespace zex::tool {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(std::string& out, std::string_view prefix, char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += prefix;
    out += hex_digits[byte >> 4];
    out += hex_digits[byte & 15];
}

bool is_c0(char c) {
    return static_cast<std::uint8_t>(c) < 0x20 || c == '\x7f';
}

/// U+0080 to U+009F: a terminal may take U+009B as the beginning of a control sequence.
bool is_c1(std::string_view text, std::size_t i) {
    return text[i] == '\xc2' && i + 1 < text.size() &&
           static_cast<std::uint8_t>(text[i + 1]) >= 0x80 &&
           static_cast<std::uint8_t>(text[i + 1]) < 0xa0;
}

/// The bytes of a character that turns the direction of the text from here on, or 0.
std::size_t bidi_bytes(std::string_view text, std::size_t i) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    if (lead != 0xe2 && lead != 0xd8) return 0;
    std::string_view rest = text.substr(i);
    const std::size_t before = rest.size();
    return is_bidi_control(take_character(rest)) ? before - rest.size() : 0;
}

/// `text` is well-formed UTF-8.
void append_clean(std::string& out, std::string_view text, bool keep_tabs) {
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool c1 = is_c1(text, i);
        const std::size_t bidi = bidi_bytes(text, i);
        if (bidi == 0 && !c1 && (!is_c0(text[i]) || (keep_tabs && text[i] == '\t'))) continue;
        out += text.substr(start, i - start);
        if (c1) ++i;
        append_hex(out, "\\x", text[i]);
        for (std::size_t more = 1; more < bidi; ++more) append_hex(out, "\\x", text[++i]);
        start = i + 1;
    }
    out += text.substr(start);
}

}  // namespace

void append_printable(std::string& out, std::string_view text, bool keep_tabs) {
    while (!text.empty()) {
        const auto bad = find_bad_utf8(text);
        append_clean(out, text.substr(0, bad.value_or(text.size())), keep_tabs);
        if (!bad) return;
        append_hex(out, "\\x", text[*bad]);
        text.remove_prefix(*bad + 1);
    }
}

std::string printable(std::string_view text) {
    std::string out;
    append_printable(out, text);
    return out;
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) width += columns_of(take_character(text));
    return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (width_of(text) <= columns) return std::string(text);
    std::string_view rest = text;
    std::size_t end = 0;
    std::size_t width = 1;  // of the ellipsis
    while (!rest.empty()) {
        width += columns_of(take_character(rest));
        if (width > columns) break;
        end = text.size() - rest.size();
    }
    return std::string(text.substr(0, end)) + "…";
}

std::string json_text(const nlohmann::ordered_json& value, int indent) {
    std::string text =
        value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::string out;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool c1 = is_c1(text, i);
        if (!c1 && text[i] != '\x7f') continue;
        out.append(text, start, i - start);
        if (c1) ++i;
        append_hex(out, "\\u00", text[i]);
        start = i + 1;
    }
    if (start == 0) return text;
    return out.append(text, start);
}

}  // namespace zex::tool
