#include "tools/zex/arrival.h"

#include <utility>

#include "tools/zex/printable.h"
#include "tools/zex/record.h"

namespace zex::tool {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

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
    return object;
}

/// The object, with the payload's members in it as their own text.
std::string line_of(const Arrival& arrival) {
    std::string line = json_text(object_of(arrival));
    line.back() = ',';
    return line + payload_members(arrival.content_type, arrival.bytes) + '}';
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
            out += line_of(arrival);
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
