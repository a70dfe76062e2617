#include "common/wire/writer.h"

#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "common/base/check.h"
#include "common/wire/base64.h"
#include "common/wire/canonical.h"
#include "common/wire/document.h"
#include "common/wire/properties.h"

namespace zex::wire {
namespace {

/// Texts below this size have it in their first byte.
constexpr std::size_t most_short = 32;

/// The head of a MessagePack value: its first byte, then a number in big-endian.
template <class Number>
void append_head(std::string& out, unsigned first, Number number) {
    std::array<char, 1 + sizeof(Number)> bytes;
    bytes[0] = static_cast<char>(first);
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        bytes[1 + i] = static_cast<char>(number >> (8 * (sizeof(Number) - 1 - i)));
    }
    out.append(bytes.data(), bytes.size());
}

/// A number or size in the fewest bytes; `first` belongs to one byte, first + 1 to two, and so on.
template <class Largest>
void append_shortest_head(std::string& out, unsigned first, Largest number) {
    if (number < 0x100) return append_head(out, first, static_cast<std::uint8_t>(number));
    if (number < 0x10000) return append_head(out, first + 1, static_cast<std::uint16_t>(number));
    if (number >> 31 >> 1 == 0) {
        return append_head(out, first + 2, static_cast<std::uint32_t>(number));
    }
    append_head(out, first + 3, number);
}

void append_unsigned(std::string& out, std::uint64_t value) {
    if (value < 0x80) {
        out += static_cast<char>(value);
    } else {
        append_shortest_head(out, 0xcc, value);
    }
}

void append_negative(std::string& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= -0x20) {
        out += static_cast<char>(bits);
    } else if (value >= std::numeric_limits<std::int8_t>::min()) {
        append_head(out, 0xd0, static_cast<std::uint8_t>(bits));
    } else if (value >= std::numeric_limits<std::int16_t>::min()) {
        append_head(out, 0xd1, static_cast<std::uint16_t>(bits));
    } else if (value >= std::numeric_limits<std::int32_t>::min()) {
        append_head(out, 0xd2, static_cast<std::uint32_t>(bits));
    } else {
        append_head(out, 0xd3, bits);
    }
}

/// Of an array (`few` 0x90, `many` 0xdc) or a map (0x80, 0xde).
void append_container_head(std::string& out, unsigned few, unsigned many, std::size_t count) {
    if (count < 16) {
        out += static_cast<char>(few | count);
    } else if (count < 0x10000) {
        append_head(out, many, static_cast<std::uint16_t>(count));
    } else {
        append_head(out, many + 1, static_cast<std::uint32_t>(count));
    }
}

template <class Integer>
void append_integer(std::string& out, Integer value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

void append_real(std::string& out, double value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out += text;
    // Without a point it would come back as an integer.
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        out.append(text, written, i - written);
        written = i + 1;
        switch (byte) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        }
    }
    out.append(text, written);
    out += '"';
}

void Writer::separate() {
    if (comma_) out_ += ',';
    comma_ = true;
}

void Writer::map_head(std::uint32_t count) {
    ZEX_CHECK(form_ == Form::msgpack);
    append_container_head(out_, 0x80, 0xde, count);
}

void Writer::begin_map() {
    ZEX_CHECK(depth_ < most_open);
    if (form_ == Form::json) {
        separate();
        out_ += '{';
        comma_ = false;
    }
    open_[depth_++] = {out_.size(), 0};
    if (form_ == Form::msgpack) out_ += '\x80';
}

void Writer::end_map() {
    ZEX_CHECK(depth_ > 0);
    const OpenMap map = open_[--depth_];
    if (form_ == Form::json) {
        out_ += '}';
        comma_ = true;
        return;
    }
    // The header was written for an empty map; now the count is known.
    if (map.count < 16) {
        out_[map.header] = static_cast<char>(0x80U | map.count);
        return;
    }
    std::string head;
    Writer(Form::msgpack, head).map_head(map.count);
    out_.replace(map.header, 1, head);
}

void Writer::begin_array(std::size_t count) {
    if (form_ == Form::json) {
        separate();
        out_ += '[';
        comma_ = false;
    } else {
        append_container_head(out_, 0x90, 0xdc, count);
    }
}

void Writer::end_array() {
    if (form_ == Form::msgpack) return;
    out_ += ']';
    comma_ = true;
}

void Writer::key(std::string_view name) {
    ZEX_CHECK(depth_ > 0);
    ++open_[depth_ - 1].count;
    text(name);
    if (form_ == Form::json) {
        out_ += ':';
        comma_ = false;
    }
}

void Writer::null() {
    if (form_ == Form::json) {
        separate();
        out_ += "null";
    } else {
        out_ += '\xc0';
    }
}

void Writer::boolean(bool value) {
    if (form_ == Form::json) {
        separate();
        out_ += value ? "true" : "false";
    } else {
        out_ += value ? '\xc3' : '\xc2';
    }
}

void Writer::number(std::uint64_t value) {
    if (form_ == Form::json) {
        separate();
        append_integer(out_, value);
    } else {
        append_unsigned(out_, value);
    }
}

void Writer::number(std::int64_t value) {
    if (form_ == Form::json) {
        separate();
        append_integer(out_, value);
    } else {
        value < 0 ? append_negative(out_, value)
                  : append_unsigned(out_, static_cast<std::uint64_t>(value));
    }
}

void Writer::number(double value) {
    if (form_ == Form::json) {
        separate();
        append_real(out_, value);
    } else {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        append_head(out_, 0xcb, bits);
    }
}

void Writer::text(std::string_view value) {
    if (form_ == Form::json) {
        separate();
        append_json_string(out_, value);
    } else if (value.size() < most_short) {
        std::array<char, most_short> whole;
        whole[0] = static_cast<char>(0xa0U | value.size());
        if (!value.empty()) std::memcpy(&whole[1], value.data(), value.size());
        out_.append(whole.data(), 1 + value.size());
    } else {
        append_shortest_head(out_, 0xd9, static_cast<std::uint32_t>(value.size()));
        out_ += value;
    }
}

void Writer::binary(std::string_view value) {
    if (form_ == Form::json) {
        separate();
        out_ += '"';
        append_base64(out_, value);
        out_ += '"';
        return;
    }
    append_shortest_head(out_, 0xc4, static_cast<std::uint32_t>(value.size()));
    out_ += value;
}

void Writer::node(const Node& node) {
    if (const auto same = node.canonical(); form_ == Form::msgpack && !same.empty()) {
        out_ += same;
        return;
    }
    switch (node.kind) {
        case Kind::null:
            return null();
        case Kind::boolean:
            return boolean(node.boolean);
        case Kind::unsigned_integer:
            return number(node.unsigned_integer);
        case Kind::negative_integer:
            return number(node.negative_integer);
        case Kind::real:
            return number(node.real);
        case Kind::text:
            return text(node.bytes());
        case Kind::binary:
            return binary(node.bytes());
        case Kind::array:
            begin_array(node.size);
            for (const Node& child : node) this->node(child);
            return end_array();
        case Kind::map:
            begin_map();
            for (const Node& child : node) {
                key(child.key());
                this->node(child);
            }
            return end_map();
    }
}

void Writer::canonical(std::string_view value) {
    if (form_ == Form::msgpack) {
        out_ += value;
        return;
    }
    CanonicalCursor cursor(value);
    canonical_at(cursor);
}

void Writer::canonical_at(CanonicalCursor& cursor) {
    const CanonicalValue value = cursor.next();
    switch (value.kind) {
        case Kind::null:
            return null();
        case Kind::boolean:
            return boolean(value.number != 0);
        case Kind::unsigned_integer:
            return number(value.number);
        case Kind::negative_integer:
            return number(static_cast<std::int64_t>(value.number));
        case Kind::real:
            return number(value.real);
        case Kind::text:
            return text(value.bytes);
        case Kind::binary:
            return binary(value.bytes);
        case Kind::array:
            begin_array(value.count);
            for (std::uint32_t i = 0; i < value.count; ++i) canonical_at(cursor);
            return end_array();
        case Kind::map:
            begin_map();
            for (std::uint32_t i = 0; i < value.count; ++i) {
                key(cursor.next().bytes);
                canonical_at(cursor);
            }
            return end_map();
    }
}

void Writer::fields(Properties properties, Properties except) {
    if (properties.empty()) return;
    CanonicalCursor cursor(properties);
    const std::uint32_t count = cursor.next().count;
    if (form_ == Form::msgpack && except.empty()) {
        open_[depth_ - 1].count += count;
        out_ += cursor.rest();
        return;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string_view name = cursor.next().bytes;
        const std::string_view value = cursor.skip();
        if (find_value(except, name)) continue;
        key(name);
        canonical(value);
    }
}

}  // namespace zex::wire
