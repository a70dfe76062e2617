// What travels: payload bytes with a type, a version and a content type, and the message around it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <zex/result.hpp>

namespace zex {

/// Bytes that the broker never looks into, and what they are. `type` and `version` ("major.minor",
/// for instance "2.1") let a consumer decide whether it can read them.
struct Payload {
    std::string type = {};
    std::string version = {};
    std::string content_type = {};  ///< a media type; empty: not said
    std::string bytes = {};

    /// UTF-8 text, content type text/plain.
    static Payload text(std::string_view text, std::string_view type = {},
                        std::string_view version = {});

    /// `value` as JSON text, content type application/json. Throws nothing; a value that JSON
    /// cannot hold (a string that is not UTF-8) gives `bad_argument`.
    static Result<Payload> json(const nlohmann::json& value, std::string_view type = {},
                                std::string_view version = {});

    /// `value` as MessagePack, content type application/msgpack.
    static Payload msgpack(const nlohmann::json& value, std::string_view type = {},
                           std::string_view version = {});

    /// The value in JSON or MessagePack bytes, by content type. `malformed` with the byte offset
    /// where the bytes are not what they say; nesting deeper than 32 is refused.
    Result<nlohmann::json> value() const;
};

/// A payload and its envelope fields. Empty fields are not sent.
struct Message {
    Payload payload;
    std::string message_id = {};
    std::string correlation_id = {};
    std::string reply_to = {};
    std::optional<std::int64_t> timestamp_ms = {};  ///< since 1970-01-01 UTC
    std::string headers_json = {};                  ///< text of a JSON object; see headers()
    std::string extra_json = {};  ///< text of a JSON object: fields of the envelope beyond these

    /// Sets headers_json.
    Message& headers(const nlohmann::json& object);
};

}  // namespace zex
