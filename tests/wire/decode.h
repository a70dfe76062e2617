// What the tests of the codec share: decoding where success or refusal is expected, and MessagePack
// envelopes written as JSON or as hex.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/wire/codec.h"

namespace zex::wire {

/// The MessagePack of a JSON text.
inline std::string packed(std::string_view json) {
    std::string out;
    nlohmann::json::to_msgpack(nlohmann::json::parse(json), out);
    return out;
}

/// The bytes of "81 a2 6f 70".
inline std::string bytes(std::string_view hex) {
    std::string out;
    std::string digits;
    for (const char c : hex) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        out += static_cast<char>(std::stoi(digits, nullptr, 16));
        digits.clear();
    }
    return out;
}

using Body = std::optional<std::string_view>;

inline Request accepted(Decoder& decoder, std::string_view envelope, Body body = {}) {
    auto result = decoder.request(envelope, body);
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
        FAIL("refused: " << refusal->error.text());
    }
    return std::get<Decoded<Request>>(std::move(result)).value;
}

template <class Op>
Op accepted_as(Decoder& decoder, std::string_view envelope, Body body = {}) {
    return std::get<Op>(accepted(decoder, envelope, body).operation);
}

inline Refusal refused(std::string_view envelope, Body body = {}, DecodeLimits limits = {}) {
    Decoder decoder(limits);
    auto result = decoder.request(envelope, body);
    if (!std::holds_alternative<Refusal>(result)) FAIL("not refused");
    return std::get<Refusal>(std::move(result));
}

inline Reply accepted_reply(Decoder& decoder, std::string_view envelope, Body body = {}) {
    auto result = decoder.reply(envelope, body);
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
        FAIL("refused: " << refusal->error.text());
    }
    return std::get<Decoded<Reply>>(std::move(result)).value;
}

inline Refusal refused_reply(std::string_view envelope, Body body = {}) {
    Decoder decoder;
    auto result = decoder.reply(envelope, body);
    if (!std::holds_alternative<Refusal>(result)) FAIL("not refused");
    return std::get<Refusal>(std::move(result));
}

inline Body body_of(const Frames& frames) {
    if (!frames.body) return std::nullopt;
    return std::string_view(*frames.body);
}

}  // namespace zex::wire
