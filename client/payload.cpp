#include <cstdint>
#include <utility>

#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include <zex/payload.hpp>

namespace zex {
namespace {

constexpr std::size_t depth_limit = 32;

Error malformed(std::size_t offset, const std::string& reason) {
    Error out = error(ErrorCode::malformed, reason);
    out.offset = offset;
    return out;
}

Error too_deep() {
    return error(ErrorCode::malformed, "the payload is nested deeper than 32 levels");
}

Result<nlohmann::json> read_json(const std::string& bytes) {
    bool deep = false;
    const auto watch = [&deep](int depth, nlohmann::json::parse_event_t event, nlohmann::json&) {
        using Event = nlohmann::json::parse_event_t;
        const bool opens = event == Event::object_start || event == Event::array_start;
        if (opens && depth >= static_cast<int>(depth_limit)) deep = true;
        return !deep;
    };
    try {
        nlohmann::json value = nlohmann::json::parse(bytes, watch);
        if (deep) return too_deep();
        return value;
    } catch (const nlohmann::json::parse_error& thrown) {
        return malformed(thrown.byte > 0 ? thrown.byte - 1 : 0,
                         std::string("the payload is not JSON: ") + thrown.what());
    } catch (const nlohmann::json::exception& thrown) {
        return malformed(0, std::string("the payload is not JSON: ") + thrown.what());
    }
}

/// Walks MessagePack without building anything: nlohmann's own reader recurses without a bound.
struct Depth : msgpack::null_visitor {
    std::size_t depth = 0;
    bool deep = false;
    std::size_t offset = 0;

    bool enter() {
        deep = ++depth > depth_limit;
        return !deep;
    }
    bool leave() {
        --depth;
        return true;
    }
    bool start_array(std::uint32_t) { return enter(); }
    bool start_map(std::uint32_t) { return enter(); }
    bool end_array() { return leave(); }
    bool end_map() { return leave(); }
    void parse_error(std::size_t, std::size_t at) { offset = at; }
    void insufficient_bytes(std::size_t, std::size_t at) { offset = at; }
};

Result<nlohmann::json> read_msgpack(const std::string& bytes) {
    Depth walk;
    std::size_t end = 0;
    try {
        if (!msgpack::parse(bytes.data(), bytes.size(), end, walk)) {
            if (walk.deep) return too_deep();
            return malformed(walk.offset, "the payload is not MessagePack");
        }
        return nlohmann::json::from_msgpack(bytes);
    } catch (const nlohmann::json::parse_error& thrown) {
        return malformed(thrown.byte > 0 ? thrown.byte - 1 : 0,
                         std::string("the payload is not MessagePack: ") + thrown.what());
    } catch (const std::exception& thrown) {
        return malformed(walk.offset,
                         std::string("the payload is not MessagePack: ") + thrown.what());
    }
}

}  // namespace

Payload Payload::text(std::string_view text, std::string_view type, std::string_view version) {
    return {std::string(type), std::string(version), "text/plain", std::string(text)};
}

Result<Payload> Payload::json(const nlohmann::json& value, std::string_view type,
                              std::string_view version) {
    try {
        return Payload{std::string(type), std::string(version), "application/json", value.dump()};
    } catch (const nlohmann::json::exception& thrown) {
        return error(ErrorCode::bad_argument,
                     std::string("the value cannot be written as JSON: ") + thrown.what());
    }
}

Payload Payload::msgpack(const nlohmann::json& value, std::string_view type,
                         std::string_view version) {
    Payload out{std::string(type), std::string(version), "application/msgpack", {}};
    nlohmann::json::to_msgpack(value, nlohmann::detail::output_adapter<char>(out.bytes));
    return out;
}

Result<nlohmann::json> Payload::value() const {
    if (content_type == "application/json") return read_json(bytes);
    if (content_type == "application/msgpack") return read_msgpack(bytes);
    return error(ErrorCode::bad_argument,
                 "a payload of content type '" + content_type +
                     "' is not read as a value; application/json and application/msgpack are");
}

Message& Message::headers(const nlohmann::json& object) {
    // Bytes that are not UTF-8 are left out: JSON cannot hold them, and this cannot fail.
    headers_json = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore);
    return *this;
}

}  // namespace zex
