// Hostile and mistaken envelopes: each is refused with a typed error that names field or offset.
#include <string>
#include <vector>

#include "tests/wire/decode.h"

namespace zex::wire {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

void check_malformed(const std::string& envelope) {
    const Refusal refusal = refused(envelope);
    INFO(refusal.error.text());
    CHECK(refusal.error.code == ErrorCode::malformed);
    REQUIRE(refusal.error.offset);
    CHECK(*refusal.error.offset <= envelope.size());
}

struct FieldCase {
    const char* json;
    ErrorCode code;
    const char* field;
};

}  // namespace

TEST_CASE("JSON 100,000 levels deep is refused near level 32, while parsing") {
    for (const char* open : {"[", "{\"a\":"}) {
        const Refusal refusal = refused("{\"op\":\"ping\",\"x\":" + repeated(open, 100000));
        CHECK(refusal.error.code == ErrorCode::malformed);
        CHECK(refusal.form == Form::json);
        CHECK(refusal.error.offset.value() < 250);
    }
}

TEST_CASE("MessagePack 100,000 levels deep is refused near level 32, while parsing") {
    const std::string head = bytes("82 a2 6f70 a4 70696e67 a1 78");
    for (const char* open : {"91", "81 a1 61"}) {
        const Refusal refusal = refused(head + repeated(bytes(open), 100000));
        CHECK(refusal.error.code == ErrorCode::malformed);
        CHECK(refusal.form == Form::msgpack);
        CHECK(refusal.error.offset.value() < 250);
    }
}

TEST_CASE("32 levels are accepted and 33 are not, in both forms") {
    const auto nested = [](std::size_t levels) {
        return R"({"op":"ping","x":)" + repeated("[", levels - 1) + repeated("]", levels - 1) + "}";
    };
    Decoder decoder;
    for (const bool json : {true, false}) {
        const auto form = [json](const std::string& text) { return json ? text : packed(text); };
        accepted(decoder, form(nested(32)));
        check_malformed(form(nested(33)));
    }
}

TEST_CASE("declared MessagePack lengths beyond the frame are refused") {
    for (const char* hex :
         {"dd ff ff ff ff", "df ff ff ff ff", "dd 10 00 00 00", "db ff ff ff ff", "c6 ff ff ff ff",
          "c9 ff ff ff ff 01", "dc ff ff", "de ff ff", "d9 ff", "c4 ff", "c7 ff 01"}) {
        INFO(hex);
        check_malformed(bytes(hex));
        check_malformed(bytes("81 a1 61") + bytes(hex));
    }
}

TEST_CASE("a map or array cannot promise more than the limits allow") {
    std::string many = "{\"op\":\"ping\"";
    for (int i = 0; i < 1000; ++i) many += ",\"k" + std::to_string(i) + "\":0";
    check_malformed(many + "}");
    check_malformed(packed(many + "}"));

    DecodeLimits few;
    few.nodes = 100;
    const std::string list = "{\"op\":\"ping\",\"x\":[0" + repeated(",0", 200) + "]}";
    CHECK(refused(list, {}, few).error.code == ErrorCode::malformed);
    CHECK(refused(packed(list), {}, few).error.code == ErrorCode::malformed);
}

TEST_CASE("a string longer than 64 KiB is refused unless it is the payload") {
    const std::string text(65537, 'a');
    const std::string envelope = R"({"op":"publish","exchange":"e","x":")" + text + "\"}";
    for (const std::string& form : {envelope, packed(envelope)}) {
        const Refusal refusal = refused(form);
        CHECK(refusal.error.code == ErrorCode::malformed);
        CHECK(refusal.error.field == "x");
    }
    check_malformed("{\"op\":\"ping\",\"" + text + "\":1}");
    Decoder decoder;
    const std::string data = R"({"op":"publish","exchange":"e","data":")" + text + "\"}";
    for (const std::string& form : {data, packed(data)}) {
        CHECK(accepted_as<Publish>(decoder, form).body == text);
    }
}

TEST_CASE("text that is not UTF-8 is refused in keys and values of both forms") {
    check_malformed("{\"op\":\"ping\",\"x\":\"\xff\xfe\"}");
    check_malformed("{\"op\":\"ping\",\"\xc0\x80\":1}");
    check_malformed("{\"op\":\"ping\",\"x\":\"\\ud800\"}");
    check_malformed(bytes("82 a2 6f70 a4 70696e67 a1 78 a2 ff fe"));
    check_malformed(bytes("82 a2 6f70 a4 70696e67 a2 ff fe 01"));
    check_malformed(bytes("82 a2 6f70 a4 70696e67 a1 78 a3 ed a0 80"));
}

TEST_CASE("duplicate keys are refused in both forms, in small and large maps") {
    check_malformed(R"({"op":"ping","op":"ping"})");
    check_malformed(R"({"op":"ping","x":{"a":1,"b":2,"a":1}})");
    check_malformed(bytes("82 a2 6f70 a4 70696e67 a2 6f70 a4 70696e67"));
    std::string large = "{\"op\":\"ping\"";
    for (int i = 0; i < 500; ++i) large += ",\"k" + std::to_string(i) + "\":0";
    const Refusal refusal = refused(large + ",\"k123\":0}");
    CHECK(refusal.error.code == ErrorCode::malformed);
    CHECK(refusal.error.field == "k123");
}

TEST_CASE("numbers without a finite value are refused") {
    check_malformed(R"({"op":"ping","x":NaN})");
    check_malformed(R"({"op":"ping","x":1e400})");
    check_malformed(R"({"op":"ping","x":-1e400})");
    const std::string head = bytes("82 a2 6f70 a4 70696e67 a1 78");
    check_malformed(head + bytes("cb 7ff8000000000000"));
    check_malformed(head + bytes("cb 7ff0000000000000"));
    check_malformed(head + bytes("ca ff800000"));
}

TEST_CASE("integers beyond 64 bits are refused, never rounded to a double") {
    for (const char* number :
         {"18446744073709551616", "-9223372036854775809", "100000000000000000000000000000"}) {
        const Refusal refusal =
            refused(std::string(R"({"op":"publish","exchange":"e","x":)") + number + "}");
        CHECK(refusal.error.code == ErrorCode::malformed);
        CHECK(refusal.error.field == "x");
        CHECK(refusal.error.offset);
    }
}

TEST_CASE("an integer field takes integers alone") {
    for (const char* value : {"1.0", "-1", "true", "\"1\"", "null", "[1]", "1e3"}) {
        const std::string json = std::string(R"({"op":"ping","id":)") + value + "}";
        for (const std::string& form : {json, packed(json)}) {
            const Refusal refusal = refused(form);
            CHECK(refusal.error.code == ErrorCode::bad_field);
            CHECK(refusal.error.field == "id");
            CHECK_FALSE(refusal.id);
        }
    }
    Decoder decoder;
    CHECK(accepted(decoder, R"({"op":"ping","id":-0})").id == 0);
    CHECK(accepted(decoder, R"({"op":"ping","id":18446744073709551615})").id ==
          18446744073709551615U);
}

TEST_CASE("an envelope cut anywhere is refused with an offset inside it") {
    const std::string json =
        R"({"op":"publish","id":7,"exchange":"e","headers":{"a":[1.5,-3,null,true,"ü"]},)"
        R"("messages":[1,{"size":2,"x":300}]})";
    for (const std::string& whole : {json, packed(json)}) {
        Decoder decoder;
        accepted(decoder, whole, "abc");
        for (std::size_t size = 0; size < whole.size(); ++size) {
            INFO(size);
            check_malformed(whole.substr(0, size));
        }
    }
}

TEST_CASE("bytes behind the envelope are refused with their offset") {
    for (const std::string& whole : {std::string(R"({"op":"ping"})"), packed(R"({"op":"ping"})")}) {
        const Refusal refusal = refused(whole + "\x01");
        CHECK(refusal.error.code == ErrorCode::malformed);
        CHECK(refusal.error.offset.value() >= whole.size());
    }
}

TEST_CASE("an envelope that is no map is refused") {
    for (const char* hex : {"01", "90", "a1 61", "c0", "cb 3ff0000000000000"}) {
        check_malformed(bytes(hex));
    }
    for (const char* json : {" 1", " []", " \"a\"", " null"}) check_malformed(json);
    check_malformed("");
    check_malformed("GET / HTTP/1.1\r\n\r\n");
}

TEST_CASE("MessagePack keys that are no strings, ext types and stray binary are refused") {
    const std::string head = bytes("82 a2 6f70 a4 70696e67");
    for (const char* hex :
         {"01 02", "c0 01", "90 01", "80 01", "c4 01 61 01", "cb 3ff0000000000000 01",
          "a1 78 d4 01 00", "a1 78 c7 00 01", "a1 78 c4 01 61", "a1 78 c1", "d4 01 00 01"}) {
        INFO(hex);
        check_malformed(head + bytes(hex));
    }
}

TEST_CASE("an unknown operation is refused by name, with a suggestion") {
    const Refusal refusal = refused(R"({"op":"publsh","id":3})");
    CHECK(refusal.error.code == ErrorCode::unknown_operation);
    CHECK(refusal.error.field == "op");
    CHECK(refusal.error.reason.find("'publish'") != std::string::npos);
    CHECK(refusal.id == 3);
    CHECK(refused(R"({"op":"welcome"})").error.code == ErrorCode::unknown_operation);
    CHECK(refused(R"({"op":""})").error.code == ErrorCode::unknown_operation);
}

TEST_CASE("missing and mistyped fields are named, in both forms, and the id is still told") {
    const std::vector<FieldCase> cases = {
        {R"({"id":9})", ErrorCode::missing_field, "op"},
        {R"({"op":1,"id":9})", ErrorCode::bad_field, "op"},
        {R"({"op":"hello","id":9})", ErrorCode::missing_field, "versions"},
        {R"({"op":"hello","versions":1,"id":9})", ErrorCode::bad_field, "versions"},
        {R"({"op":"hello","versions":[],"id":9})", ErrorCode::bad_field, "versions"},
        {R"({"op":"hello","versions":[1,"2"],"id":9})", ErrorCode::bad_field, "versions[1]"},
        {R"({"op":"hello","versions":[1],"batch":1,"id":9})", ErrorCode::bad_field, "batch"},
        {R"({"op":"purge","id":9})", ErrorCode::missing_field, "queue"},
        {R"({"op":"purge","queue":null,"id":9})", ErrorCode::bad_field, "queue"},
        {R"({"op":"bind","queue":"q","exchange":"e","id":9})", ErrorCode::missing_field, "key"},
        {R"({"op":"bind","queue":"q","exchange":"e","key":[],"id":9})", ErrorCode::bad_field,
         "key"},
        {R"({"op":"bind","queue":"q","exchange":"e","key":["a",1],"id":9})", ErrorCode::bad_field,
         "key[1]"},
        {R"({"op":"bind","queue":"q","exchange":"e","key":7,"id":9})", ErrorCode::bad_field, "key"},
        {R"({"op":"consume","queue":"q","credit":-1,"id":9})", ErrorCode::bad_field, "credit"},
        {R"({"op":"consume","queue":"q","no_ack":"yes","id":9})", ErrorCode::bad_field, "no_ack"},
        {R"({"op":"settle","id":9})", ErrorCode::missing_field, "tag"},
        {R"({"op":"settle","tag":1,"tags":[2],"id":9})", ErrorCode::bad_field, "tags"},
        {R"({"op":"settle","tags":[],"id":9})", ErrorCode::bad_field, "tags"},
        {R"({"op":"settle","tags":[1,[3,2]],"id":9})", ErrorCode::bad_field, "tags[1]"},
        {R"({"op":"settle","tags":[[1,2,3]],"id":9})", ErrorCode::bad_field, "tags[0]"},
        {R"({"op":"settle","tags":[1],"up_to":true,"id":9})", ErrorCode::bad_field, "up_to"},
        {R"({"op":"settle","tag":1,"action":"drop","id":9})", ErrorCode::bad_field, "action"},
        {R"({"op":"list","id":9})", ErrorCode::missing_field, "what"},
        {R"({"op":"explain","id":9})", ErrorCode::missing_field, "exchange"},
        {R"({"op":"publish","id":9})", ErrorCode::missing_field, "exchange"},
        {R"({"op":"publish","exchange":"e","key":1,"id":9})", ErrorCode::bad_field, "key"},
        {R"({"op":"publish","exchange":"e","mandatory":1,"id":9})", ErrorCode::bad_field,
         "mandatory"},
    };
    for (const FieldCase& test : cases) {
        for (const std::string& form : {std::string(test.json), packed(test.json)}) {
            INFO(test.json);
            const Refusal refusal = refused(form);
            CHECK(refusal.error.code == test.code);
            CHECK(refusal.error.field == test.field);
            CHECK(refusal.id == 9);
        }
    }
}

TEST_CASE("names that are empty, too long or have control characters are refused") {
    const std::string longest(255, 'n');
    Decoder decoder;
    CHECK(accepted_as<Purge>(decoder, R"({"op":"purge","queue":")" + longest + "\"}").queue ==
          longest);
    for (const std::string& name : {std::string(), longest + "n", std::string("a\\u0000b"),
                                    std::string("a\\nb"), std::string("\\u007f")}) {
        for (const char* op : {R"("op":"purge","queue")", R"("op":"cancel","consumer")",
                               R"("op":"declare_exchange","exchange")"}) {
            const std::string json = "{" + std::string(op) + ":\"" + name + "\"}";
            for (const std::string& form : {json, packed(json)}) {
                const Refusal refusal = refused(form);
                CHECK(refusal.error.code == ErrorCode::bad_name);
                CHECK_FALSE(refusal.error.field.empty());
            }
        }
    }
    const Refusal refusal =
        refused(R"({"op":"bind","queue":"q","exchange":"e","key":["a","\u0001"]})");
    CHECK(refusal.error.code == ErrorCode::bad_name);
    CHECK(refusal.error.field == "key[1]");
}

TEST_CASE("a body frame where the operation takes none is a wrong frame count") {
    const Refusal refusal = refused(R"({"op":"ping","id":4})", "");
    CHECK(refusal.error.code == ErrorCode::wrong_frame_count);
    CHECK(refusal.id == 4);
    CHECK(refused_reply(R"({"op":"ok"})", "x").error.code == ErrorCode::wrong_frame_count);
}

TEST_CASE("the id is told where it was read before the bytes went wrong") {
    CHECK(refused(R"({"id":5,"op":"ping","x":[1,})").id == 5);
    CHECK_FALSE(refused(R"({"op":"ping","x":[1,}, "id":5})").id);
    CHECK(refused(packed(R"({"a":1,"id":5,"op":"ping"})").substr(0, 10)).id == 5);
}

TEST_CASE("a refusal's sentence is UTF-8 whatever the bytes were") {
    for (const std::string& envelope :
         {std::string("{\"\xff\xfe"), std::string("{\"op\":\"\x01\xf0\"}"),
          bytes("81 a2 ff fe 01")}) {
        const Error error = refused(envelope).error;
        CHECK(nlohmann::json::accept("\"" + error.field + "\""));
        nlohmann::json text = error.reason;
        CHECK_NOTHROW(text.dump());
    }
}

TEST_CASE("a decoder goes on after any refusal") {
    Decoder decoder;
    CHECK(std::holds_alternative<Refusal>(decoder.request("{\"op\":[[[[", {})));
    accepted(decoder, R"({"op":"ping"})");
    CHECK(std::holds_alternative<Refusal>(decoder.request(bytes("81 a2 6f"), {})));
    accepted(decoder, packed(R"({"op":"ping"})"));
}

}  // namespace zex::wire
