#include "client/message_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/wire/properties.h"

namespace zex {
namespace {

constexpr std::size_t text_limit = 65536;  // of one string, by the wire's rules

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

/// A JSON object's text as canonical MessagePack, within the wire's limits.
Result<std::string> packed_object(const std::string& text, std::string_view field) {
    Result<std::string> packed = wire::pack_json_object(text);
    if (packed) return packed;
    Error fault =
        bad(field, "is not the text of a JSON object that can be sent: " + packed.error().reason);
    fault.offset = packed.error().offset;
    return fault;
}

/// Properties that a Message has members for.
constexpr std::array<std::string_view, 8> members = {"type",       "version",        "content_type",
                                                     "message_id", "correlation_id", "reply_to",
                                                     "headers",    "timestamp"};

Status add_extra(wire::PropertiesWriter& out, const std::string& text) {
    Result<std::string> extra = packed_object(text, "extra_json");
    if (!extra) return extra.error();
    for (const std::string_view name : wire::field_names(*extra)) {
        const bool is_member = std::find(members.begin(), members.end(), name) != members.end();
        if (is_member || wire::is_delivery_field(name)) {
            return bad("extra_json",
                       "has the field '" + std::string(name) + "', which is reserved");
        }
        out.raw(name, *wire::find_value(*extra, name));
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
        Result<std::string> headers = packed_object(message.headers_json, "headers");
        if (!headers) return headers.error();
        if (!wire::field_names(*headers).empty()) out.raw("headers", *headers);
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

std::optional<std::int64_t> number_field(wire::Properties common, wire::Properties own,
                                         std::string_view name) {
    auto found = wire::find_value(own, name);
    if (!found) found = wire::find_value(common, name);
    if (!found) return std::nullopt;
    const auto value = nlohmann::json::parse(wire::json_text(*found), nullptr, false);
    if (!value.is_number_integer()) return std::nullopt;
    return value.get<std::int64_t>();
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
