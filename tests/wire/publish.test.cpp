// Publish in single, batch and data form.
#include <string>

#include "common/wire/properties.h"
#include "tests/wire/decode.h"

namespace zex::wire {
namespace {

Refusal refused_publish(const std::string& fields, Body body = {}, DecodeLimits limits = {}) {
    const std::string json = R"({"op":"publish","id":1,"exchange":"e",)" + fields + "}";
    const Refusal of_json = refused(json, body, limits);
    const Refusal of_msgpack = refused(packed(json), body, limits);
    CHECK(of_json.error == of_msgpack.error);
    CHECK(of_json.id == 1);
    CHECK(of_msgpack.id == 1);
    return of_json;
}

void check_refused(const std::string& fields, ErrorCode code, const std::string& field,
                   Body body = {}) {
    INFO(fields);
    const Refusal refusal = refused_publish(fields, body);
    CHECK(refusal.error.code == code);
    CHECK(refusal.error.field == field);
}

/// Accepted in both forms, with the same outcome; gives that of JSON.
Publish publish(Decoder& decoder, const std::string& fields, Body body = {}) {
    const std::string json = R"({"op":"publish","id":1,"exchange":"e",)" + fields + "}";
    const Frames from_msgpack = encode(Form::json, accepted(decoder, packed(json), body));
    const Frames from_json = encode(Form::json, accepted(decoder, json, body));
    CHECK(nlohmann::json::parse(from_json.envelope) ==
          nlohmann::json::parse(from_msgpack.envelope));
    CHECK(from_json.body == from_msgpack.body);
    return accepted_as<Publish>(decoder, json, body);
}

}  // namespace

TEST_CASE("a single publish has the whole body frame as its payload") {
    Decoder decoder;
    const Publish one = publish(decoder, R"("key":"k","mandatory":true,"type":"t")", "payload");
    CHECK(one.exchange == "e");
    CHECK(one.mandatory);
    CHECK_FALSE(one.batch);
    REQUIRE(one.messages.size() == 1);
    CHECK(one.messages[0].key == "k");
    CHECK(one.messages[0].size == 7);
    CHECK(one.body == "payload");
    CHECK(find_text(one.common, "type") == "t");
}

TEST_CASE("a publish without a body frame has an empty payload and no properties") {
    Decoder decoder;
    const Publish one = publish(decoder, R"("key":"")");
    CHECK(one.body.empty());
    CHECK(one.common.empty());
    CHECK(one.messages.at(0).size == 0);
}

TEST_CASE("unknown fields and headers pass through JSON and MessagePack unchanged") {
    const std::string fields =
        R"("type":"order","version":"1.10","content_type":"text/plain","message_id":"m",)"
        R"("correlation_id":"c","reply_to":"r","timestamp":-5,)"
        R"("headers":{"a":[1,-1,1.5,2.0,-0.0,1e300,null,true,false,"ü\u0000\"\\\n"],)"
        R"("big":18446744073709551615,"small":-9223372036854775808,"empty":{}},)"
        R"("x-new":{"deep":[[],[{}]]},"":"no name")";
    const std::string json = R"({"op":"publish","exchange":"e","key":"k",)" + fields + "}";
    Decoder first, second;
    const Request request = accepted(first, json, "b");
    const Frames msgpack = encode(Form::msgpack, request);
    const Frames back = encode(Form::json, accepted(second, msgpack.envelope, body_of(msgpack)));
    CHECK(nlohmann::json::parse(back.envelope) == nlohmann::json::parse(json));
    CHECK(nlohmann::json::parse(back.envelope).at("headers").at("a").at(3).is_number_float());
    CHECK(back.body == "b");
}

TEST_CASE("a batch has sizes, and entries with a key and properties of their own") {
    Decoder decoder;
    const Publish batch = publish(
        decoder, R"("key":"k","type":"t","messages":[3,{"size":0},{"size":2,"key":"","type":"u"}])",
        "abcde");
    CHECK(batch.batch);
    REQUIRE(batch.messages.size() == 3);
    CHECK(batch.messages[0].key == "k");
    CHECK(batch.messages[0].size == 3);
    CHECK(batch.messages[0].own.empty());
    CHECK(batch.messages[1].key == "k");
    CHECK(batch.messages[1].own.empty());
    CHECK(batch.messages[2].key.empty());
    CHECK(find_text(batch.messages[2].own, "type") == "u");
    CHECK(find_text(batch.common, "type") == "t");
    CHECK(batch.body == "abcde");
}

TEST_CASE("a batch of a thousand comes back as it was, in both forms") {
    for (const Form form : {Form::json, Form::msgpack}) {
        PropertiesWriter common, own;
        common.text("type", "t");
        own.number("n", std::uint64_t{5});
        const std::string common_map = common.take(), own_map = own.take();
        Publish batch;
        batch.exchange = "e";
        batch.common = common_map;
        batch.batch = true;
        std::string body;
        for (std::uint32_t i = 0; i < 1000; ++i) {
            body.append(i, 'x');
            batch.messages.push_back(
                {i % 7 == 0 ? "other" : "k", i, i % 5 == 0 ? Properties(own_map) : ""});
        }
        batch.body = body;
        const Frames frames = encode(form, Request{42, batch});
        Decoder decoder;
        const Request request = accepted(decoder, frames.envelope, body_of(frames));
        CHECK(request.id == 42);
        const auto& read = std::get<Publish>(request.operation);
        CHECK(read.common == common_map);
        CHECK(read.body == body);
        REQUIRE(read.messages.size() == 1000);
        for (std::size_t i = 0; i < 1000; ++i) {
            CHECK(read.messages[i].key == batch.messages[i].key);
            CHECK(read.messages[i].size == batch.messages[i].size);
            CHECK(read.messages[i].own == batch.messages[i].own);
        }
    }
}

TEST_CASE("a MessagePack property in a longer encoding becomes canonical") {
    Decoder decoder;
    // x: str8 "a", y: float32 1.5, z: array16 [uint64 1]
    const std::string envelope =
        bytes("85 a2 6f70 a7 7075626c697368 a8 65786368616e6765 a0") +
        bytes("a1 78 d9 01 61  a1 79 ca 3fc00000  a1 7a dc 0001 cf 0000000000000001");
    const auto one = accepted_as<Publish>(decoder, envelope);
    CHECK(one.common == bytes("83 a1 78 a1 61 a1 79 cb 3ff8000000000000 a1 7a 91 01"));
}

TEST_CASE("sizes that do not add up to the body frame are refused with both numbers") {
    for (const char* body : {"abcdef", "abcd"}) {
        const Refusal refusal = refused_publish(R"("messages":[2,{"size":3}])", body);
        CHECK(refusal.error.code == ErrorCode::size_mismatch);
        CHECK(refusal.error.reason.find(" 5 ") != std::string::npos);
        CHECK(refusal.error.reason.find(std::to_string(std::string(body).size())) !=
              std::string::npos);
    }
    check_refused(R"("messages":[1])", ErrorCode::size_mismatch, "messages");
    Decoder decoder;
    CHECK(publish(decoder, R"("messages":[0,0])").body.empty());
}

TEST_CASE("entries that are wrong are named by their place") {
    const ErrorCode bad = ErrorCode::bad_field;
    check_refused(R"("messages":[])", bad, "messages");
    check_refused(R"("messages":{"size":1})", bad, "messages");
    check_refused(R"("messages":[1,"2"])", bad, "messages[1]", "a");
    check_refused(R"("messages":[-1])", bad, "messages[0]");
    check_refused(R"("messages":[1.0])", bad, "messages[0]", "a");
    check_refused(R"("messages":[{"size":"1"}])", bad, "messages[0].size", "a");
    check_refused(R"("messages":[0,{"key":"k"}])", ErrorCode::missing_field, "messages[1].size");
    check_refused(R"("messages":[{"size":0,"key":1}])", bad, "messages[0].key");
    check_refused(R"("messages":[{"size":0,"key":"\n"}])", ErrorCode::bad_name, "messages[0].key");
    check_refused(R"("messages":[{"size":0,"exchange":"f"}])", bad, "messages[0].exchange");
    check_refused(R"("messages":[{"size":0,"id":1}])", bad, "messages[0].id");
    check_refused(R"("messages":[{"size":0,"version":"1"}])", bad, "messages[0].version");
    check_refused(R"("messages":[{"size":0,"tag":1}])", bad, "messages[0].tag");
    check_refused(R"("messages":[0],"data":"x")", bad, "data");
    check_refused(R"("size":1)", bad, "size", "a");
}

TEST_CASE("payloads and batches over the limits are refused") {
    DecodeLimits limits;
    limits.message_bytes = 4;
    limits.batch_messages = 3;
    CHECK(refused_publish(R"("key":"k")", "12345", limits).error.code ==
          ErrorCode::message_too_large);
    CHECK(refused_publish(R"("data":"12345")", {}, limits).error.field == "data");
    const Refusal entry = refused_publish(R"("messages":[1,{"size":5}])", "123456", limits);
    CHECK(entry.error.code == ErrorCode::message_too_large);
    CHECK(entry.error.field == "messages[1].size");
    CHECK(refused_publish(R"("messages":[0,0,0,0])", {}, limits).error.code ==
          ErrorCode::batch_too_large);
    CHECK(refused_publish(R"("messages":[18446744073709551615,1])", "").error.code ==
          ErrorCode::message_too_large);
}

TEST_CASE("known properties have their types, and delivery fields are no properties") {
    for (const char* name : {"type", "content_type", "message_id", "correlation_id", "reply_to"}) {
        check_refused("\"" + std::string(name) + "\":1", ErrorCode::bad_field, name);
    }
    for (const char* version : {"1", "1.", ".1", "1.0.0", "a.b", "1.65536", "-1.0", "1.0 ", " 1.0",
                                "+1.0", "", "1,0", "0x1.0"}) {
        check_refused("\"version\":\"" + std::string(version) + "\"", ErrorCode::bad_field,
                      "version");
    }
    check_refused(R"("version":1.0)", ErrorCode::bad_field, "version");
    check_refused(R"("timestamp":1.5)", ErrorCode::bad_field, "timestamp");
    check_refused(R"("headers":[])", ErrorCode::bad_field, "headers");
    for (const char* name : {"consumer", "tag", "redelivered", "deliveries", "remaining", "code",
                             "error", "reason", "field", "offset", "retry", "count", "queues"}) {
        CHECK(is_delivery_field(name));
        check_refused("\"" + std::string(name) + "\":1", ErrorCode::bad_field, name);
    }
    Decoder decoder;
    CHECK(find_text(publish(decoder, R"("version":"65535.0")").common, "version") == "65535.0");
}

TEST_CASE("data is the payload: text as its bytes, other values as JSON text") {
    Decoder decoder;
    const Publish text = publish(decoder, R"("data":"grüße")");
    CHECK(text.body == "grüße");
    CHECK_FALSE(find_text(text.common, "content_type"));
    for (const char* value : {R"({"a":[1,2.5,null]})", "[]", "7", "true", "null", "1.0"}) {
        const Publish json = publish(decoder, "\"data\":" + std::string(value));
        CHECK(json.body == value);
        CHECK(json.messages.at(0).size == json.body.size());
        CHECK(find_text(json.common, "content_type") == "application/json");
    }
    const Publish typed = publish(decoder, R"("data":{},"content_type":"application/x")");
    CHECK(find_text(typed.common, "content_type") == "application/x");
    CHECK(publish(decoder, R"("data":"")").body.empty());
}

TEST_CASE("binary data in MessagePack is the payload itself") {
    Decoder decoder;
    const std::string head =
        bytes("83 a2 6f70 a7 7075626c697368 a8 65786368616e6765 a0 a4 64617461");
    CHECK(accepted_as<Publish>(decoder, head + bytes("c4 02 ff 00")).body == bytes("ff 00"));
}

TEST_CASE("data_base64 is decoded strictly") {
    Decoder decoder;
    CHECK(publish(decoder, R"("data_base64":"/wA=")").body == bytes("ff 00"));
    CHECK(publish(decoder, R"("data_base64":"")").body.empty());
    for (const char* text : {"/wA", "/w==A", "====", "/wB=", "_wA=", "/w A", "A", "=AAA",
                             "/w=="
                             "/w=="}) {
        check_refused("\"data_base64\":\"" + std::string(text) + "\"", ErrorCode::bad_field,
                      "data_base64");
    }
    check_refused(R"("data_base64":7)", ErrorCode::bad_field, "data_base64");
    check_refused(R"("data_base64":"","data":"")", ErrorCode::bad_field, "data_base64");
}

TEST_CASE("data and a body frame exclude each other") {
    check_refused(R"("data":"x")", ErrorCode::wrong_frame_count, "data", "");
    check_refused(R"("messages":[{"data":"x"}])", ErrorCode::wrong_frame_count, "messages", "x");
}

TEST_CASE("a batch may carry its payloads as data, all of them or none") {
    Decoder decoder;
    const Publish batch =
        publish(decoder, R"("messages":[{"data":"ab"},{"data":[1]},{"data_base64":"/wA="}])");
    CHECK(batch.body == "ab[1]" + bytes("ff 00"));
    REQUIRE(batch.messages.size() == 3);
    CHECK(batch.messages[1].size == 3);
    CHECK(find_text(batch.messages[1].own, "content_type") == "application/json");
    CHECK(batch.messages[2].own.empty());
    const Publish typed = publish(decoder, R"("content_type":"x/y","messages":[{"data":[1]}])");
    CHECK(typed.messages.at(0).own.empty());

    check_refused(R"("messages":[{"data":"a"},{"size":0}])", ErrorCode::bad_field,
                  "messages[1].data");
    check_refused(R"("messages":[{"data":"a"},0])", ErrorCode::bad_field, "messages[1]");
    check_refused(R"("messages":[0,{"data":"a"}])", ErrorCode::bad_field, "messages[1].data");
    check_refused(R"("messages":[{"data":"a","size":1}])", ErrorCode::bad_field,
                  "messages[0].size");
}

TEST_CASE("many small values as data in a batch do not outgrow their room") {
    Decoder decoder;
    std::string fields = R"("messages":[{"data":1})";
    for (int i = 0; i < 2000; ++i) fields += R"(,{"data":1})";
    const Publish batch = publish(decoder, fields + "]");
    CHECK(batch.body == std::string(2001, '1'));
    CHECK(find_text(batch.messages.back().own, "content_type") == "application/json");
}

TEST_CASE("the ids of a batch have room in 64 bits") {
    const std::string envelope =
        R"({"op":"publish","id":18446744073709551615,"exchange":"e","messages":[0,0]})";
    CHECK(refused(envelope).error.field == "id");
    Decoder decoder;
    accepted(decoder,
             R"({"op":"publish","id":18446744073709551614,"exchange":"e","messages":[0,0]})");
}

}  // namespace zex::wire
