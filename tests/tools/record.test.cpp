// Messages as lines of JSON: what is written is read again, to the byte.
#include "tools/zex/record.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace zex::tool;
using nlohmann::json;

namespace {

std::string line_of(std::string_view content_type, std::string_view bytes) {
    return R"({"exchange":"x","key":"k","content_type":")" + std::string(content_type) +
           R"(","headers":{"a":"b"},"timestamp":5,"trace":"t","tag":1,)" +
           payload_members(content_type, bytes) + "}";
}

}  // namespace

TEST_CASE("Whatever the payload is, the line is JSON and gives its bytes back") {
    using namespace std::string_view_literals;
    const std::string_view types[] = {"application/json", "application/msgpack", "text/plain", ""};
    const std::string_view payloads[] = {""sv,
                                         "1"sv,
                                         "123456789012345678901234567890"sv,
                                         "{\"a\":1,\"a\":2}"sv,
                                         " {\"payload\": [\"x}\", {\"b\": \"\\\"\"}]} "sv,
                                         "[1,\n 2]"sv,
                                         "\"\x7f\xc2\x9b\""sv,
                                         "{broken"sv,
                                         "\"text\""sv,
                                         "\xff\xfe"sv,
                                         "\x82\xa1"
                                         "a\x01\xa1"
                                         "a\x02"sv,
                                         "\xcb\x7f\xf8\0\0\0\0\0\0"sv,
                                         "\xc4\x02\xff\0"sv,
                                         "\xce\0\0\0\1"sv,
                                         "gr\xc3\xbcn\0null"sv};
    for (const std::string_view type : types) {
        for (const std::string_view bytes : payloads) {
            const std::string line = line_of(type, bytes);
            INFO(line);
            REQUIRE(json::accept(line));
            CHECK(line.find('\n') == std::string::npos);
            CHECK(line.find('\x7f') == std::string::npos);
            const auto record = parse_record(line);
            REQUIRE(record.ok());
            CHECK(record->message.payload.bytes == bytes);
            CHECK(record->message.payload.content_type == type);
        }
    }
}

TEST_CASE("JSON stands as its own text, and NaN and binary only as base64") {
    CHECK(payload_members("application/json", "1e400").starts_with("\"payload_base64\""));
    CHECK(payload_members("application/json", "18446744073709551616") ==
          "\"payload\":18446744073709551616");
    CHECK(payload_members("application/msgpack", "\x01") ==
          "\"payload\":1,\"payload_base64\":\"AQ==\"");
    CHECK(payload_members("application/msgpack", std::string("\xc4\x01\xff", 3)) ==
          "\"payload_base64\":\"xAH/\"");
}

TEST_CASE("A record has the message's own properties and none of its delivery") {
    const auto record = parse_record(line_of("text/plain", "x"));
    REQUIRE(record.ok());
    CHECK(record->exchange == "x");
    CHECK(record->key == "k");
    CHECK(record->message.timestamp_ms == 5);
    CHECK(record->message.headers_json == R"({"a":"b"})");
    CHECK(record->message.extra_json == R"({"trace":"t"})");
}

TEST_CASE("What is no record is refused") {
    for (const char* line : {"", "x", "[]", "{}", R"({"payload_base64":"!"})", R"({"payload":1})",
                             R"({"payload_base64":7})"}) {
        INFO(line);
        CHECK_FALSE(parse_record(line).ok());
    }
}
