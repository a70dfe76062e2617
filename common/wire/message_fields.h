// What publish, deliver and return have in common: an envelope or an entry of `messages` holds
// fields of the operation, properties of the message, and perhaps the payload itself.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <zex/error.hpp>
#include <zex/result.hpp>

#include "common/wire/document.h"
#include "common/wire/protocol.h"
#include "common/wire/where.h"

namespace zex::wire {

enum class FieldUse {
    property,  ///< of the message; carried along unread
    envelope,  ///< of the operation, at the top only: op, id, exchange, mandatory, messages
    message,   ///< at the top or in an entry: key, data, data_base64
    entry,     ///< in an entry only: size
    delivery   ///< has a meaning in deliver or return, and so none in publish
};

FieldUse field_use(std::string_view name);

/// What a decoder lends to the messages it reads; views in the result point into it.
struct MessageBuffers {
    std::string properties;  ///< canonical maps, one behind the other
    std::string payload;     ///< payloads that stood in the envelope, end to end

    /// Makes room so that no view moves while an envelope of this size is read.
    void begin(std::size_t envelope_bytes);
};

enum class Place { publish_envelope, publish_entry, reply };

/// The properties among the fields of `map`, in canonical form. In a publish the known ones are
/// checked and delivery fields refused. `add_json_type`: the payload is JSON text, which
/// `content_type` shall say where the publisher has not said anything.
Result<Properties> read_properties(const Node& map, Place place, const Where& where,
                                   bool add_json_type, MessageBuffers& buffers);

/// A payload that stands in the envelope as `data` or `data_base64`.
struct InlinePayload {
    bool present = false;
    bool json = false;  ///< is the JSON text of a value that was neither string nor binary
    std::size_t size = 0;
};

/// Appends the payload to buffers.payload.
Result<InlinePayload> read_inline_payload(const Node& map, const Where& where,
                                          const DecodeLimits& limits, MessageBuffers& buffers);

/// The same where the values of `data` and `data_base64` are found already, or null.
Result<InlinePayload> read_inline_payload(const Node* data, const Node* base64, const Where& where,
                                          const DecodeLimits& limits, MessageBuffers& buffers);

std::optional<Error> check_payload_size(std::uint64_t size, const Where& where,
                                        std::string_view field, const DecodeLimits& limits);

}  // namespace zex::wire
