#include "broker/facts/stored_message.h"

#include <array>

#include "broker/facts/encoding.h"
#include "common/base/check.h"

namespace zex::facts {

void StoredMessage::append_to(std::string& out) const {
    ZEX_CHECK(exchange.size() <= UINT16_MAX && key.size() <= UINT16_MAX);
    put(out, static_cast<std::uint16_t>(exchange.size()));
    put(out, static_cast<std::uint16_t>(key.size()));
    put(out, static_cast<std::uint32_t>(common.size()));
    put(out, static_cast<std::uint32_t>(own.size()));
    if (const std::size_t count = times(); count > 0) {
        const std::array all = {enqueued_ms, expires_ms, not_before_ms};
        out += static_cast<char>(count);
        for (std::size_t i = 0; i < count; ++i) put(out, all[i]);
    }
    out += exchange;
    out += key;
    out += common;
    out += own;
    out += payload;
}

std::optional<StoredMessage> read_message(std::uint8_t flags, std::string_view body) {
    Cursor cursor{body};
    const std::size_t exchange = cursor.u16();
    const std::size_t key = cursor.u16();
    const std::size_t common = cursor.u32();
    const std::size_t own = cursor.u32();
    StoredMessage message;
    if ((flags & flag_times) != 0) {
        Cursor times{cursor.bytes(std::size_t{cursor.u8()} * 8)};
        for (std::uint64_t* time :
             {&message.enqueued_ms, &message.expires_ms, &message.not_before_ms}) {
            if (!times.at_end()) *time = times.u64();
        }
    }
    message.exchange = cursor.bytes(exchange);
    message.key = cursor.bytes(key);
    message.common = cursor.bytes(common);
    message.own = cursor.bytes(own);
    if (!cursor.good) return std::nullopt;
    message.payload = cursor.rest;
    return message;
}

}  // namespace zex::facts
