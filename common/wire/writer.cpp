#include "common/wire/writer.h"

#include <charconv>
#include <cstring>

#include <msgpack.hpp>

#include "common/base/check.h"
#include "common/wire/base64.h"
#include "common/wire/canonical.h"
#include "common/wire/document.h"
#include "common/wire/properties.h"

namespace zex::wire {
namespace {

/// A string as msgpack-cxx wants its streams.
struct Sink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
};

template <class Pack>
void pack(std::string& out, Pack&& write) {
    Sink sink{out};
    msgpack::packer<Sink> packer(sink);
    write(packer);
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
    pack(out_, [&](auto& packer) { packer.pack_map(count); });
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
        pack(out_, [&](auto& packer) { packer.pack_array(static_cast<std::uint32_t>(count)); });
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
        pack(out_, [](auto& packer) { packer.pack_nil(); });
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
        pack(out_, [&](auto& packer) { packer.pack_uint64(value); });
    }
}

void Writer::number(std::int64_t value) {
    if (form_ == Form::json) {
        separate();
        append_integer(out_, value);
    } else {
        pack(out_, [&](auto& packer) { packer.pack_int64(value); });
    }
}

void Writer::number(double value) {
    if (form_ == Form::json) {
        separate();
        append_real(out_, value);
    } else {
        // Not pack_double, which writes whole numbers as integers.
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        char bytes[9] = {'\xcb'};
        for (int i = 0; i < 8; ++i) bytes[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
        out_.append(bytes, sizeof bytes);
    }
}

void Writer::text(std::string_view value) {
    if (form_ == Form::json) {
        separate();
        append_json_string(out_, value);
    } else if (value.size() < 32) {
        out_ += static_cast<char>(0xa0U | value.size());
        out_ += value;
    } else {
        pack(out_, [&](auto& packer) {
            packer.pack_str(static_cast<std::uint32_t>(value.size()));
            packer.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
        });
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
    pack(out_, [&](auto& packer) {
        packer.pack_bin(static_cast<std::uint32_t>(value.size()));
        packer.pack_bin_body(value.data(), static_cast<std::uint32_t>(value.size()));
    });
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
