// The body of an `enqueued` or `kept` record: a message with all that its consumers will see.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "broker/facts/record.h"

namespace zex::facts {

/// Views into the record or into what is to be written.
struct StoredMessage {
    std::string_view exchange;
    std::string_view key;
    std::string_view common;   ///< properties that it shared with its batch; canonical MessagePack
    std::string_view own;      ///< properties of its own; canonical MessagePack
    std::string_view payload;  ///< opaque bytes

    /// Of the record's body.
    std::size_t encoded_size() const {
        return 12 + exchange.size() + key.size() + common.size() + own.size() + payload.size();
    }
    /// Exchange and key are at most 255 bytes, as names are (docs/protocol.md).
    void append_to(std::string& out) const;
};

/// Nothing where the lengths do not fit the body.
std::optional<StoredMessage> read_message(std::string_view body);

}  // namespace zex::facts
