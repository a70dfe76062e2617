#include "common/wire/message_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/base64.h"
#include "common/wire/writer.h"

namespace zex::wire {
namespace {

/// What a known property must be.
enum class Rule : std::uint8_t { none, text, integer, map, version };

struct KnownField {
    std::string_view name;
    FieldUse use;
    Rule rule = Rule::none;
};

/// By the length of their names: see known_field().
constexpr auto known_fields = std::to_array<KnownField>({
    {"op", FieldUse::envelope},
    {"id", FieldUse::envelope},
    {"key", FieldUse::message},
    {"tag", FieldUse::delivery},
    {"data", FieldUse::message},
    {"size", FieldUse::entry},
    {"code", FieldUse::delivery},
    {"type", FieldUse::property, Rule::text},
    {"error", FieldUse::delivery},
    {"field", FieldUse::delivery},
    {"retry", FieldUse::delivery},
    {"count", FieldUse::delivery},
    {"reason", FieldUse::delivery},
    {"offset", FieldUse::delivery},
    {"queues", FieldUse::delivery},
    {"headers", FieldUse::property, Rule::map},
    {"version", FieldUse::property, Rule::version},
    {"exchange", FieldUse::envelope},
    {"messages", FieldUse::envelope},
    {"consumer", FieldUse::delivery},
    {"reply_to", FieldUse::property, Rule::text},
    {"mandatory", FieldUse::envelope},
    {"remaining", FieldUse::delivery},
    {"timestamp", FieldUse::property, Rule::integer},
    {"deliveries", FieldUse::delivery},
    {"message_id", FieldUse::property, Rule::text},
    {"data_base64", FieldUse::message},
    {"redelivered", FieldUse::delivery},
    {"content_type", FieldUse::property, Rule::text},
    {"correlation_id", FieldUse::property, Rule::text},
});

constexpr std::size_t longest_known = known_fields.back().name.size();

/// Where the names of each length begin; at `longest_known + 1` the end of the table.
constexpr auto first_of_length = [] {
    std::array<std::uint8_t, longest_known + 2> first{};
    for (std::size_t length = 0; length < first.size(); ++length) {
        while (first[length] < known_fields.size() &&
               known_fields[first[length]].name.size() < length) {
            ++first[length];
        }
    }
    return first;
}();

static_assert(std::is_sorted(known_fields.begin(), known_fields.end(),
                             [](const KnownField& a, const KnownField& b) {
                                 return a.name.size() < b.name.size();
                             }));

constexpr KnownField unknown_field{{}, FieldUse::property};

const KnownField& known_field(std::string_view name) {
    if (name.size() > longest_known) return unknown_field;
    for (std::size_t i = first_of_length[name.size()]; i < first_of_length[name.size() + 1]; ++i) {
        if (known_fields[i].name == name) return known_fields[i];
    }
    return unknown_field;
}

constexpr std::string_view json_type = "application/json";

/// "1.0": two decimal numbers of 16 bits.
bool is_version(std::string_view text) {
    const char* const end = text.data() + text.size();
    std::uint16_t part = 0;
    const auto major = std::from_chars(text.data(), end, part);
    if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return false;
    const auto minor = std::from_chars(major.ptr + 1, end, part);
    return minor.ec == std::errc() && minor.ptr == end;
}

/// What is wrong with a known property, or nothing.
std::optional<std::string> find_fault(const Node& property, Rule rule) {
    const auto must_be = [&](const char* what) {
        return std::string(property.key()) + " must be " + what + ", not " +
               std::string(kind_name(property.kind));
    };
    switch (rule) {
        case Rule::none:
            break;
        case Rule::text:
            if (property.kind != Kind::text) return must_be("a string");
            break;
        case Rule::integer:
            if (property.kind != Kind::unsigned_integer &&
                property.kind != Kind::negative_integer) {
                return must_be("an integer, in milliseconds since 1970");
            }
            break;
        case Rule::map:
            if (property.kind != Kind::map) return must_be("a map");
            break;
        case Rule::version:
            if (property.kind != Kind::text) return must_be("a string \"major.minor\"");
            if (!is_version(property.bytes())) {
                return "version '" + escaped(property.bytes(), 40) +
                       "' must be \"major.minor\", two decimal numbers up to 65535";
            }
            break;
    }
    return std::nullopt;
}

/// Why a field that is no property may not stand here, or nothing where it may.
std::optional<std::string> find_misplacement(std::string_view name, FieldUse use, Place place) {
    if (place == Place::reply || use == FieldUse::message) return std::nullopt;
    if (use == FieldUse::delivery) {
        return std::string(name) + " has a meaning in deliveries and cannot be a property";
    }
    if (place == Place::publish_envelope && use == FieldUse::entry) {
        return std::string(name) + " stands only in an entry of messages";
    }
    if (place == Place::publish_entry && use == FieldUse::envelope) {
        return std::string(name) + " stands only in the envelope, not in an entry of messages";
    }
    return std::nullopt;
}

Error bad_field(std::string reason, const Where& where, std::string_view name) {
    return error(ErrorCode::bad_field, std::move(reason), where.field(name));
}

}  // namespace

FieldUse field_use(std::string_view name) {
    return known_field(name).use;
}

void MessageBuffers::begin(std::size_t envelope_bytes) {
    // The widest growth is {"data":1} in MessagePack: 7 bytes, to which a content type of 30 is
    // added. Room that is not used is never touched.
    const std::size_t room = 5 * envelope_bytes + 64;
    constexpr std::size_t kept = 4194304;
    if (properties.capacity() > kept) properties = {};
    if (payload.capacity() > kept) payload = {};
    properties.clear();
    payload.clear();
    properties.reserve(room);
}

Result<Properties> read_properties(const Node& map, Place place, const Where& where,
                                   bool add_json_type, MessageBuffers& buffers) {
    std::string& out = buffers.properties;
    const std::size_t start = out.size();
    const char* const before = out.data();
    Writer writer(Form::msgpack, out);
    bool any = add_json_type;
    writer.begin_map();
    for (const Node& field : map) {
        const KnownField& known = known_field(field.key());
        if (known.use != FieldUse::property) {
            if (auto fault = find_misplacement(field.key(), known.use, place)) {
                return bad_field(std::move(*fault), where, field.key());
            }
            continue;
        }
        if (place != Place::reply) {
            if (auto fault = find_fault(field, known.rule)) {
                return bad_field(std::move(*fault), where, field.key());
            }
        }
        any = true;
        writer.key(field.key());
        writer.node(field);
    }
    if (add_json_type) {
        writer.key("content_type");
        writer.text(json_type);
    }
    writer.end_map();
    if (!any) out.resize(start);
    ZEX_CHECK(out.data() == before);
    return Properties(out.data() + start, out.size() - start);
}

std::optional<Error> check_payload_size(std::uint64_t size, const Where& where,
                                        std::string_view field, const DecodeLimits& limits) {
    const std::uint64_t most =
        std::min<std::uint64_t>(limits.message_bytes, std::numeric_limits<std::uint32_t>::max());
    if (size <= most) return std::nullopt;
    return error(
        ErrorCode::message_too_large,
        "a payload of " + std::to_string(size) + " bytes; the limit is " + std::to_string(most),
        where.field(field));
}

Result<InlinePayload> read_inline_payload(const Node& map, const Where& where,
                                          const DecodeLimits& limits, MessageBuffers& buffers) {
    return read_inline_payload(map.find("data"), map.find("data_base64"), where, limits, buffers);
}

Result<InlinePayload> read_inline_payload(const Node* data, const Node* base64, const Where& where,
                                          const DecodeLimits& limits, MessageBuffers& buffers) {
    if (data == nullptr && base64 == nullptr) return InlinePayload{};
    if (data != nullptr && base64 != nullptr) {
        return bad_field("data and data_base64 exclude each other", where, "data_base64");
    }
    const std::size_t start = buffers.payload.size();
    InlinePayload found{.present = true};
    if (base64 != nullptr) {
        if (base64->kind != Kind::text ||
            !append_base64_decoded(buffers.payload, base64->bytes())) {
            return bad_field("data_base64 must be a string in base64 with padding", where,
                             "data_base64");
        }
    } else if (data->kind == Kind::text || data->kind == Kind::binary) {
        buffers.payload += data->bytes();
    } else {
        Writer(Form::json, buffers.payload).node(*data);
        found.json = true;
    }
    found.size = buffers.payload.size() - start;
    const std::string_view name = data != nullptr ? "data" : "data_base64";
    if (auto fault = check_payload_size(found.size, where, name, limits)) return *fault;
    return found;
}

}  // namespace zex::wire
