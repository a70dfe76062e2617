#include "broker/facts/stored_message.h"

#include <cstdint>

#include "common/base/check.h"

namespace zex::facts {

void StoredMessage::append_to(std::string& out) const {
    ZEX_CHECK(exchange.size() <= UINT16_MAX && key.size() <= UINT16_MAX);
    put(out, static_cast<std::uint16_t>(exchange.size()));
    put(out, static_cast<std::uint16_t>(key.size()));
    put(out, static_cast<std::uint32_t>(common.size()));
    put(out, static_cast<std::uint32_t>(own.size()));
    out += exchange;
    out += key;
    out += common;
    out += own;
    out += payload;
}

std::optional<StoredMessage> read_message(std::string_view body) {
    Cursor cursor{body};
    const std::size_t exchange = cursor.u16();
    const std::size_t key = cursor.u16();
    const std::size_t common = cursor.u32();
    const std::size_t own = cursor.u32();
    StoredMessage message;
    message.exchange = cursor.bytes(exchange);
    message.key = cursor.bytes(key);
    message.common = cursor.bytes(common);
    message.own = cursor.bytes(own);
    if (!cursor.good) return std::nullopt;
    message.payload = cursor.rest;
    return message;
}

}  // namespace zex::facts
