#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "client/message_fields.h"
#include "common/wire/properties.h"

using namespace zex;
using nlohmann::json;

TEST_CASE("a value survives the way through JSON and through MessagePack bytes") {
    const json value = {{"name", "Ünïcode"}, {"list", {1, -2, 3.5, nullptr, true}}};
    CHECK(Payload::json(value, "order", "2.1").value().value().value() == value);
    CHECK(Payload::msgpack(value).value().value() == value);
    const Payload payload = Payload::json(value, "order", "2.1").value();
    CHECK(payload.type == "order");
    CHECK(payload.version == "2.1");
    CHECK(payload.content_type == "application/json");
    CHECK(Payload::text("x").content_type == "text/plain");
}

TEST_CASE("a value that JSON cannot hold is an error, not an exception") {
    CHECK(Payload::json("\xff\xfe").error().code == ErrorCode::bad_argument);
}

TEST_CASE("bytes that are not what they say are malformed, with the offset") {
    const Payload cut{"", "", "application/json", R"({"a": [1, 2)"};
    REQUIRE_FALSE(cut.value());
    CHECK(cut.value().error().code == ErrorCode::malformed);
    CHECK(cut.value().error().offset.has_value());
    for (const std::string bytes : {"\x93\x01", "\xdd\xff\xff\xff\xff", "\xc1", ""}) {
        const Payload broken{"", "", "application/msgpack", bytes};
        CHECK(broken.value().error().code == ErrorCode::malformed);
    }
}

TEST_CASE("payloads nested deeper than 32 levels are refused in both forms") {
    const auto nested = [](char open, std::size_t depth) { return std::string(depth, open); };
    const Payload fits{"", "", "application/json", nested('[', 32) + nested(']', 32)};
    CHECK(fits.value().ok());
    const Payload deeper{"", "", "application/json", nested('[', 33) + nested(']', 33)};
    CHECK(deeper.value().error().code == ErrorCode::malformed);
    const Payload bomb{"", "", "application/json", nested('[', 100'000) + nested(']', 100'000)};
    CHECK(bomb.value().error().code == ErrorCode::malformed);
    const Payload packed{"", "", "application/msgpack", nested('\x91', 100'000)};
    CHECK(packed.value().error().code == ErrorCode::malformed);
}

TEST_CASE("other content types are not guessed at") {
    CHECK(Payload::text("{}").value().error().code == ErrorCode::bad_argument);
}

TEST_CASE("fields of a message come back as they were, numbers as numbers") {
    Message message{Payload::text("x")};
    message.message_id = "m-1";
    message.correlation_id = "c-1";
    message.reply_to = "q";
    message.timestamp_ms = -5;
    message.headers({{"n", 7}, {"big", 18446744073709551615u}, {"f", 1.5}, {"deep", {{"a", 1}}}});
    message.extra_json = R"({"x_future": [1, "two", null]})";
    const std::string own = own_fields(message).value();
    wire::DeliverEntry entry;
    entry.own = own;
    const Message back = message_of(entry);
    CHECK(back.message_id == "m-1");
    CHECK(back.correlation_id == "c-1");
    CHECK(back.reply_to == "q");
    CHECK(back.timestamp_ms == -5);
    CHECK(json::parse(back.headers_json) == json::parse(message.headers_json));
    CHECK(json::parse(back.extra_json) == json::parse(message.extra_json));
}

TEST_CASE("fields that would spoil their batch are refused, naming the field") {
    const auto field_of = [](const Message& message) { return own_fields(message).error().field; };
    Message message;
    SECTION("bad UTF-8") {
        message.message_id = "\xff";
        CHECK(field_of(message) == "message_id");
    }
    SECTION("too long") {
        message.reply_to = std::string(65537, 'x');
        CHECK(field_of(message) == "reply_to");
    }
    SECTION("headers that are no object") {
        message.headers_json = "[1]";
        CHECK(field_of(message) == "headers");
    }
    SECTION("headers too deep") {
        message.headers_json =
            R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
        CHECK(field_of(message) == "headers");
    }
    SECTION("a field of the protocol") {
        for (const char* name : {"op", "tag", "type", "exchange", "timestamp", "redelivered"}) {
            message.extra_json = "{\"" + std::string(name) + "\": 1}";
            CHECK(field_of(message) == "extra_json");
        }
    }
}

TEST_CASE("a version is two numbers") {
    for (const char* good : {"", "1.0", "65535.65535"}) {
        CHECK(check_payload_fields({"t", good, "", ""}).ok());
    }
    for (const char* bad : {"1", "1.", ".1", "1.0.0", "a.b", "+1.0", "65536.0", "1.-1"}) {
        CHECK(check_payload_fields({"t", bad, "", ""}).error().field == "version");
    }
    CHECK(check_payload_fields({"\xff", "", "", ""}).error().field == "type");
}
