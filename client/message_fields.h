// The fields of a Message beyond those that a batch shares, written as canonical properties, and
// the way back. Everything is checked here, because one message that the broker cannot read would
// take the rest of its batch with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <zex/payload.hpp>

#include "common/wire/protocol.h"

namespace zex {

/// `bad_argument` naming the field.
Status check_payload_fields(const Payload& payload);

/// It has none of the fields that own_fields() writes.
inline bool is_plain(const Message& message) {
    return message.message_id.empty() && message.correlation_id.empty() &&
           message.reply_to.empty() && !message.timestamp_ms && message.headers_json.empty() &&
           message.extra_json.empty();
}

/// message_id, correlation_id, reply_to, timestamp, headers and extra fields as one canonical
/// MessagePack map; empty where there are none of them.
Result<std::string> own_fields(const Message& message);

/// A message as it came, for Returned and for forwarding.
Message message_of(const wire::DeliverEntry& entry);

/// An integer property, or nothing where there is none of this name.
std::optional<std::int64_t> number_field(wire::Properties common, wire::Properties own,
                                         std::string_view name);

/// Canonical MessagePack maps as a JSON object; fields of `own` stand before those of `common`.
nlohmann::json fields_object(wire::Properties common, wire::Properties own);

}  // namespace zex
