#include "tools/zex/arrival.h"

#include <utility>

#include "common/base/text.h"
#include "common/wire/base64.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

void add_payload(ordered_json& object, const Arrival& arrival) {
    if (!arrival.content_type.empty()) {
        Payload payload;
        payload.content_type = arrival.content_type;
        payload.bytes = arrival.bytes;
        if (const auto value = payload.value()) {
            object["payload"] = *value;
            return;
        }
    }
    if (!find_bad_utf8(arrival.bytes)) {
        object["payload"] = arrival.bytes;
    } else {
        std::string text;
        wire::append_base64(text, arrival.bytes);
        object["payload_base64"] = std::move(text);
    }
}

ordered_json object_of(const Arrival& arrival) {
    ordered_json object = {{"exchange", arrival.exchange}, {"key", arrival.key}};
    for (const char* first : {"type", "version", "content_type", "headers"}) {
        const auto found = arrival.properties.find(first);
        if (found != arrival.properties.end()) object[first] = *found;
    }
    for (const auto& item : arrival.properties.items()) {
        if (!object.contains(item.key())) object[item.key()] = item.value();
    }
    object["tag"] = arrival.tag;
    object["redelivered"] = arrival.deliveries > 1;
    object["deliveries"] = arrival.deliveries;
    add_payload(object, arrival);
    return object;
}

}  // namespace

Arrival arrival_of(const Delivery& delivery, Style style) {
    Arrival arrival;
    arrival.exchange = delivery.exchange();
    arrival.key = delivery.key();
    arrival.bytes = delivery.bytes();
    if (style != Style::json) return arrival;
    arrival.content_type = delivery.content_type();
    arrival.properties = delivery.properties();
    arrival.tag = delivery.tag();
    arrival.deliveries = delivery.deliveries();
    return arrival;
}

void append_arrival(std::string& out, const Arrival& arrival, Style style) {
    switch (style) {
        case Style::raw:
            out += arrival.bytes;
            break;
        case Style::json:
            out += json_text(object_of(arrival));
            break;
        case Style::line:
            append_printable(out, arrival.key);
            out += "  ";
            append_printable(out, arrival.bytes, true);
            break;
    }
    out += '\n';
}

}  // namespace zex::tool
