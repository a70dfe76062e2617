#include "tools/zex/record.h"

#include <array>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/wire/base64.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

using nlohmann::json;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view msgpack_type = "application/msgpack";

/// What belongs to the delivery and not to the message.
constexpr auto delivery_members = std::to_array<std::string_view>(
    {"tag", "redelivered", "deliveries", "exchange", "key", "payload", "payload_base64"});

Error bad(std::string why) {
    return error(ErrorCode::bad_argument, std::move(why));
}

/// JSON text on one line, which a terminal may be shown: line ends, which stand only between
/// values, as spaces; DEL and C1, which stand only in strings, as \u00NN.
std::string on_one_line(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<std::uint8_t>(text[i + 1]) : 0;
        if (byte == '\n' || byte == '\r' || byte == '\t') {
            out += ' ';
        } else if (byte == 0x7f) {
            out += "\\u007f";
        } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
            out += next < 0x90 ? "\\u008" : "\\u009";
            out += "0123456789abcdef"[next & 15];
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// Nothing in it that JSON has no word for.
bool is_exact(const json& value) {
    if (value.is_binary() || value.is_discarded()) return false;
    if (value.is_number_float()) {
        const double number = value.get<double>();
        return number - number == 0;  // neither NaN nor infinite
    }
    if (!value.is_structured()) return true;
    for (const json& part : value) {
        if (!is_exact(part)) return false;
    }
    return true;
}

std::string base64_member(std::string_view bytes) {
    std::string out = "\"payload_base64\":\"";
    wire::append_base64(out, bytes);
    return out + '"';
}

/// Scans JSON that is known to be well formed.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    /// The text of the value of the last member with this name of the object that the text is.
    std::optional<std::string_view> member(std::string_view name) {
        std::optional<std::string_view> found;
        const std::string quoted = '"' + std::string(name) + '"';
        at_ = text_.find('{') + 1;
        for (skip_spaces(); at_ < text_.size() && text_[at_] != '}'; skip_spaces()) {
            const std::string_view key = value();
            skip_spaces();
            ++at_;  // the colon
            skip_spaces();
            const std::string_view found_value = value();
            if (key == quoted) found = found_value;
            skip_spaces();
            if (at_ < text_.size() && text_[at_] == ',') ++at_;
        }
        return found;
    }

  private:
    void skip_spaces() {
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
            ++at_;
        }
    }
    void skip_string() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') ++at_;
        }
        ++at_;
    }
    std::string_view value() {
        const std::size_t begin = at_;
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (depth > 0 && (c == '}' || c == ']')) {
                --depth;
                ++at_;
            } else if (depth == 0 &&
                       std::string_view(",}]: \t\r\n").find(c) != std::string_view::npos) {
                break;
            } else {
                ++at_;
            }
            if (depth == 0 && (c == '"' || c == '}' || c == ']')) break;
        }
        return text_.substr(begin, at_ - begin);
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

void set_text(const json& object, const char* name, std::string& to) {
    const auto found = object.find(name);
    if (found != object.end() && found->is_string()) to = found->get<std::string>();
}

/// The properties in the object, without the members named.
Message message_with(json object, std::string bytes) {
    Message message;
    message.payload.bytes = std::move(bytes);
    const std::pair<const char*, std::string&> texts[] = {
        {"type", message.payload.type},
        {"version", message.payload.version},
        {"content_type", message.payload.content_type},
        {"message_id", message.message_id},
        {"correlation_id", message.correlation_id},
        {"reply_to", message.reply_to}};
    for (const auto& [name, to] : texts) {
        set_text(object, name, to);
        object.erase(name);
    }
    if (const auto at = object.find("timestamp"); at != object.end() && at->is_number_integer()) {
        message.timestamp_ms = at->get<std::int64_t>();
        object.erase(at);
    }
    if (const auto at = object.find("headers"); at != object.end()) {
        message.headers_json = at->dump();
        object.erase(at);
    }
    for (const std::string_view name : delivery_members) object.erase(std::string(name));
    if (!object.empty()) message.extra_json = object.dump();
    return message;
}

Result<std::string> payload_of(const json& object, std::string_view line) {
    if (const auto coded = object.find("payload_base64"); coded != object.end()) {
        std::string bytes;
        const bool good = coded->is_string() &&
                          wire::append_base64_decoded(bytes, coded->get_ref<const std::string&>());
        if (!good) return bad("payload_base64 is no base64");
        return bytes;
    }
    const auto payload = object.find("payload");
    if (payload == object.end()) return bad("there is no payload and no payload_base64");
    if (object.value("content_type", json()) == json_type) {
        return std::string(Scanner(line).member("payload").value_or(""));
    }
    if (!payload->is_string()) return bad("payload is no string, and content_type is not JSON");
    return payload->get<std::string>();
}

}  // namespace

std::string payload_members(std::string_view content_type, std::string_view bytes) {
    if (content_type == json_type || content_type == msgpack_type) {
        Payload payload;
        payload.content_type = content_type;
        payload.bytes = bytes;
        const auto value = payload.value();
        if (!value || find_bad_utf8(bytes)) {
            if (!value || content_type == json_type || !is_exact(*value)) {
                return base64_member(bytes);
            }
        }
        if (content_type == msgpack_type) {
            if (!is_exact(*value)) return base64_member(bytes);
            return "\"payload\":" + json_text(*value) + "," + base64_member(bytes);
        }
        const std::string line = on_one_line(bytes);
        const std::string member = "\"payload\":" + line;
        const bool spaced = line.front() == ' ' || line.back() == ' ';
        return line == bytes && !spaced ? member : member + "," + base64_member(bytes);
    }
    if (find_bad_utf8(bytes)) return base64_member(bytes);
    return "\"payload\":" + json_text(std::string(bytes));
}

Result<Record> parse_record(std::string_view line) {
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) return bad("it is no JSON object, as `zex sub --json` writes them");
    auto bytes = payload_of(object, line);
    if (!bytes) return bytes.error();
    Record record;
    set_text(object, "exchange", record.exchange);
    set_text(object, "key", record.key);
    record.message = message_with(object, std::move(*bytes));
    return record;
}

Message message_of(const Delivery& delivery) {
    return message_with(delivery.properties(), std::string(delivery.bytes()));
}

}  // namespace zex::tool
