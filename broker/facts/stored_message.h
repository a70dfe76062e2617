// The body of an `enqueued` or `relocated` record: a message with all that its consumers will see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/facts/record.h"

namespace zex::facts {

/// Views into the record or into what is to be written. Times are wall-clock milliseconds since
/// 1970 (UTC); 0: there is none.
struct StoredMessage {
    std::string_view exchange;
    std::string_view key;
    std::string_view common;        ///< properties shared with its batch; canonical MessagePack
    std::string_view own;           ///< properties of its own; canonical MessagePack
    std::string_view payload;       ///< opaque bytes
    std::uint64_t enqueued_ms = 0;  ///< when the queue took it
    std::uint64_t expires_ms = 0;   ///< not to be delivered from then on
    std::uint64_t not_before_ms = 0;

    /// Those of the header that belong to the body: flag_times.
    std::uint8_t flags() const { return times() > 0 ? flag_times : 0; }

    /// Of the record's body.
    std::size_t encoded_size() const {
        const std::size_t lengths = 12 + (times() > 0 ? 1 + times() * 8 : 0);
        return lengths + exchange.size() + key.size() + common.size() + own.size() + payload.size();
    }
    /// Exchange and key are at most 255 bytes, as names are (docs/protocol.md).
    void append_to(std::string& out) const;

  private:
    /// Up to the last one that is set.
    std::size_t times() const {
        return not_before_ms != 0 ? 3 : expires_ms != 0 ? 2 : enqueued_ms != 0 ? 1 : 0;
    }
};

/// `flags` are the header's. Nothing where the lengths do not fit the body. Times that a newer
/// program added are passed over.
std::optional<StoredMessage> read_message(std::uint8_t flags, std::string_view body);

}  // namespace zex::facts
