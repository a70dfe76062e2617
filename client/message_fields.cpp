#include "client/message_fields.h"

#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/wire/properties.h"

namespace zex {
namespace {

constexpr std::size_t text_limit = 65536;  // of one string, by the wire's rules
constexpr int depth_limit = 30;            // beneath the envelope and the field

Error bad(std::string_view field, const std::string& why) {
    return error(ErrorCode::bad_argument, "the message's " + std::string(field) + " " + why,
                 std::string(field));
}

Status check_text(std::string_view text, std::string_view field) {
    if (text.size() > text_limit) return bad(field, "is longer than 65536 bytes");
    if (find_bad_utf8(text)) return bad(field, "is not UTF-8");
    return {};
}

bool is_version_part(std::string_view digits) {
    std::uint32_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, problem] = std::from_chars(digits.data(), end, number);
    return !digits.empty() && digits.front() != '+' && digits.front() != '-' && stop == end &&
           problem == std::errc() && number <= 65535;
}

Status check_version(std::string_view version) {
    if (version.empty()) return {};
    const std::size_t dot = version.find('.');
    if (dot != std::string_view::npos && is_version_part(version.substr(0, dot)) &&
        is_version_part(version.substr(dot + 1))) {
        return {};
    }
    return bad("version", "is \"major.minor\", for instance \"2.1\"");
}

using Packer = msgpack::packer<std::ostringstream>;

void pack_text(Packer& out, const std::string& text) {
    out.pack_str(static_cast<std::uint32_t>(text.size()));
    out.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}

void pack(Packer& out, const nlohmann::json& value) {
    if (value.is_object()) {
        out.pack_map(static_cast<std::uint32_t>(value.size()));
        for (const auto& [name, member] : value.items()) {
            pack_text(out, name);
            pack(out, member);
        }
    } else if (value.is_array()) {
        out.pack_array(static_cast<std::uint32_t>(value.size()));
        for (const nlohmann::json& member : value) pack(out, member);
    } else if (value.is_string()) {
        pack_text(out, value.get_ref<const std::string&>());
    } else if (value.is_number_unsigned()) {
        out.pack_uint64(value.get<std::uint64_t>());
    } else if (value.is_number_integer()) {
        out.pack_int64(value.get<std::int64_t>());
    } else if (value.is_number_float()) {
        out.pack_double(value.get<double>());
    } else if (value.is_boolean()) {
        value.get<bool>() ? out.pack_true() : out.pack_false();
    } else {
        out.pack_nil();
    }
}

/// JSON text of an object, parsed within the wire's limits.
Result<nlohmann::json> parse_object(const std::string& text, std::string_view field) {
    std::string problem;
    const auto watch = [&problem](int depth, nlohmann::json::parse_event_t event,
                                  nlohmann::json& value) {
        using Event = nlohmann::json::parse_event_t;
        if (depth > depth_limit) problem = "is nested deeper than 30 levels";
        if (event == Event::object_end && value.size() > 1000) {
            problem = "has an object of more than 1000 members";
        }
        const bool is_text = event == Event::key || event == Event::value;
        if (is_text && value.is_string() &&
            value.get_ref<const std::string&>().size() > text_limit) {
            problem = "has a string longer than 65536 bytes";
        }
        return problem.empty();
    };
    try {
        nlohmann::json value = nlohmann::json::parse(text, watch);
        if (!problem.empty()) return bad(field, problem);
        if (!value.is_object()) return bad(field, "is not the text of a JSON object");
        return value;
    } catch (const nlohmann::json::exception& thrown) {
        return bad(field, std::string("cannot be read: ") + thrown.what());
    }
}

std::string packed(const nlohmann::json& value) {
    std::ostringstream bytes;
    Packer out(bytes);
    pack(out, value);
    return std::move(bytes).str();
}

constexpr std::array<std::string_view, 16> taken_names = {"op",          "id",
                                                          "exchange",    "key",
                                                          "mandatory",   "messages",
                                                          "size",        "data",
                                                          "data_base64", "type",
                                                          "version",     "content_type",
                                                          "message_id",  "correlation_id",
                                                          "reply_to",    "headers"};

Status add_extra(wire::PropertiesWriter& out, const std::string& text) {
    Result<nlohmann::json> extra = parse_object(text, "extra_json");
    if (!extra) return extra.error();
    for (const auto& [name, value] : extra->items()) {
        bool taken = name == "timestamp" || wire::is_delivery_field(name);
        for (std::string_view other : taken_names) taken = taken || name == other;
        if (taken) return bad("extra_json", "has the field '" + name + "', which is reserved");
        out.raw(name, packed(value));
    }
    return {};
}

std::string text_of(const wire::DeliverEntry& entry, std::string_view name) {
    std::optional<std::string_view> found = wire::find_text(entry.own, name);
    if (!found) found = wire::find_text(entry.common, name);
    return std::string(found.value_or(std::string_view()));
}

}  // namespace

Status check_payload_fields(const Payload& payload) {
    if (Status checked = check_text(payload.type, "type"); !checked) return checked;
    if (Status checked = check_text(payload.content_type, "content_type"); !checked) return checked;
    return check_version(payload.version);
}

Result<std::string> own_fields(const Message& message) {
    wire::PropertiesWriter out;
    const std::pair<std::string_view, const std::string&> texts[] = {
        {"message_id", message.message_id},
        {"correlation_id", message.correlation_id},
        {"reply_to", message.reply_to}};
    for (const auto& [name, text] : texts) {
        if (text.empty()) continue;
        if (Status checked = check_text(text, name); !checked) return checked.error();
        out.text(name, text);
    }
    if (message.timestamp_ms) out.number("timestamp", *message.timestamp_ms);
    if (!message.headers_json.empty()) {
        Result<nlohmann::json> headers = parse_object(message.headers_json, "headers");
        if (!headers) return headers.error();
        if (!headers->empty()) out.raw("headers", packed(*headers));
    }
    if (!message.extra_json.empty()) {
        if (Status added = add_extra(out, message.extra_json); !added) return added.error();
    }
    return out.empty() ? std::string() : out.take();
}

Message message_of(const wire::DeliverEntry& entry) {
    Message message;
    message.payload = {text_of(entry, "type"), text_of(entry, "version"),
                       text_of(entry, "content_type"), std::string(entry.payload)};
    message.message_id = text_of(entry, "message_id");
    message.correlation_id = text_of(entry, "correlation_id");
    message.reply_to = text_of(entry, "reply_to");
    nlohmann::json rest = fields_object(entry.common, entry.own);
    for (const char* name :
         {"type", "version", "content_type", "message_id", "correlation_id", "reply_to"}) {
        rest.erase(name);
    }
    if (const auto at = rest.find("timestamp"); at != rest.end() && at->is_number_integer()) {
        message.timestamp_ms = at->get<std::int64_t>();
        rest.erase(at);
    }
    if (const auto at = rest.find("headers"); at != rest.end()) {
        message.headers_json = at->dump();
        rest.erase(at);
    }
    if (!rest.empty()) message.extra_json = rest.dump();
    return message;
}

nlohmann::json fields_object(wire::Properties common, wire::Properties own) {
    nlohmann::json fields = nlohmann::json::object();
    for (wire::Properties part : {common, own}) {
        if (part.empty()) continue;
        nlohmann::json object = nlohmann::json::parse(wire::json_text(part), nullptr, false);
        if (object.is_object()) fields.update(object);
    }
    return fields;
}

}  // namespace zex
