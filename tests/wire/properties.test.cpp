// Properties in canonical form, JSON text of canonical values, rows.
#include "common/wire/properties.h"

#include <limits>
#include <string>

#include "common/wire/base64.h"
#include "common/wire/rows.h"
#include "tests/wire/decode.h"

namespace zex::wire {

TEST_CASE("a properties map is written field by field and found by name") {
    PropertiesWriter writer;
    CHECK(writer.empty());
    writer.text("type", "order");
    writer.number("n", std::int64_t{-3});
    writer.number("u", std::numeric_limits<std::uint64_t>::max());
    writer.number("r", 2.0);
    writer.boolean("b", true);
    writer.raw("headers", packed(R"({"a":[1,null]})"));
    const std::string map = writer.take();
    CHECK(writer.empty());
    CHECK(nlohmann::json::parse(json_text(map)) ==
          nlohmann::json::parse(R"({"type":"order","n":-3,"u":18446744073709551615,"r":2.0,
                                    "b":true,"headers":{"a":[1,null]}})"));
    CHECK(find_text(map, "type") == "order");
    CHECK_FALSE(find_text(map, "n"));
    CHECK_FALSE(find_text(map, "absent"));
    CHECK(json_text(find_value(map, "headers").value()) == R"({"a":[1,null]})");
    CHECK_FALSE(find_value("", "type"));
}

TEST_CASE("a map of more than fifteen fields has its count in front") {
    PropertiesWriter writer;
    for (int i = 0; i < 300; ++i) writer.number("k" + std::to_string(i), std::int64_t{i});
    const auto map = nlohmann::json::parse(json_text(writer.take()));
    CHECK(map.size() == 300);
    CHECK(map.at("k299") == 299);
}

TEST_CASE("JSON text of doubles reads back as the same double and not as an integer") {
    for (const double value : {0.0, -0.0, 1.0, 1e300, 5e-324, 0.1, -2.5e-7, 9007199254740993.0}) {
        PropertiesWriter writer;
        writer.number("x", value);
        const auto read = nlohmann::json::parse(json_text(writer.take())).at("x");
        CHECK(read.is_number_float());
        CHECK(read.get<double>() == value);
        CHECK(std::signbit(read.get<double>()) == std::signbit(value));
    }
}

TEST_CASE("JSON strings escape what JSON cannot hold") {
    PropertiesWriter writer;
    writer.text("x", std::string("\"\\\b\f\n\r\t\0\x1f\x7f ü", 13));
    const std::string map = writer.take();
    const auto read = nlohmann::json::parse(json_text(map)).at("x");
    CHECK(read.get<std::string>() == find_text(map, "x"));
}

TEST_CASE("rows are maps named by their view") {
    ExplainView yes{"q1", true, "bound with this key"};
    const std::string rows = pack_rows(std::vector<ExplainView>{yes, {"q2", false, "other key"}});
    CHECK(json_text(rows) == R"([{"queue":"q1","takes":true,"reason":"bound with this key"},)"
                             R"({"queue":"q2","takes":false,"reason":"other key"}])");
    CHECK(json_text(pack_rows(std::vector<QueueView>{})) == "[]");
}

TEST_CASE("rows with a large payload pass through a reply") {
    PropertiesWriter row;
    const std::string payload(200000, 'p');
    row.text("data", payload);
    const std::string rows = pack_array({row.take()});
    for (const Form form : {Form::json, Form::msgpack}) {
        Decoder decoder;
        Ok ok;
        ok.rows = rows;
        const Frames frames = encode(form, Reply{1, ok});
        CHECK(std::get<Ok>(accepted_reply(decoder, frames.envelope).answer).rows == rows);
    }
}

TEST_CASE("base64 is RFC 4648's") {
    const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                      {"f", "Zg=="},
                                                                      {"fo", "Zm8="},
                                                                      {"foo", "Zm9v"},
                                                                      {"foob", "Zm9vYg=="},
                                                                      {"fooba", "Zm9vYmE="},
                                                                      {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        std::string out, back;
        append_base64(out, plain);
        CHECK(out == coded);
        REQUIRE(append_base64_decoded(back, coded));
        CHECK(back == plain);
    }
    std::string kept = "kept";
    CHECK_FALSE(append_base64_decoded(kept, "Zm9v!A=="));
    CHECK(kept == "kept");
}

}  // namespace zex::wire
