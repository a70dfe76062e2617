// Deliveries and returns: what stands once, what stands in each entry, and data form.
#include <string>
#include <vector>

#include "common/wire/properties.h"
#include "tests/wire/decode.h"

namespace zex::wire {
namespace {

std::string properties(std::string_view name, std::string_view value) {
    PropertiesWriter writer;
    writer.text(name, value);
    return writer.take();
}

constexpr DeliverStyle single{};
constexpr DeliverStyle batch{.batch = true};
constexpr DeliverStyle data{.data = true};

std::vector<Frames> frames_of(Form form, const Deliver& deliver, DeliverStyle style,
                              std::size_t frame_bytes = 262144) {
    std::vector<Frames> out;
    encode_deliver(form, deliver, std::nullopt, style, frame_bytes,
                   [&](Frames&& frames) { out.push_back(std::move(frames)); });
    return out;
}

/// Encoded, decoded again, and compared message by message; properties by what a reader sees.
void check_round_trip(const Deliver& deliver, DeliverStyle style) {
    for (const Form form : {Form::json, Form::msgpack}) {
        std::size_t at = 0;
        for (const Frames& frames : frames_of(form, deliver, style)) {
            INFO(frames.envelope);
            Decoder decoder;
            const Reply reply = accepted_reply(decoder, frames.envelope, body_of(frames));
            const auto& read = std::get<Deliver>(reply.answer);
            CHECK(read.consumer == deliver.consumer);
            CHECK(read.first_tag == deliver.first_tag + at);
            CHECK(read.remaining == deliver.remaining);
            for (const DeliverEntry& got : read.messages) {
                const DeliverEntry& sent = deliver.messages.at(at++);
                CHECK(got.exchange == sent.exchange);
                CHECK(got.key == sent.key);
                CHECK(got.payload == sent.payload);
                CHECK(got.deliveries == sent.deliveries);
                for (const char* name : {"type", "x", "y"}) {
                    const auto value = [&](const DeliverEntry& entry) {
                        const auto own = find_text(entry.own, name);
                        return own ? own : find_text(entry.common, name);
                    };
                    CHECK(value(got) == value(sent));
                }
            }
        }
        CHECK(at == deliver.messages.size());
    }
}

}  // namespace

TEST_CASE("one delivery has the envelope to itself") {
    const std::string common = properties("type", "t"), own = properties("x", "1");
    const Deliver deliver{"c", 7, {{"logs", "error", common, own, "payload", 1}}, {}};
    CHECK(frames_of(Form::json, deliver, batch).at(0).envelope ==
          R"({"op":"deliver","consumer":"c","tag":7,"exchange":"logs","key":"error",)"
          R"("x":"1","type":"t"})");
    CHECK(frames_of(Form::json, deliver, batch).at(0).body == "payload");
    check_round_trip(deliver, single);
}

TEST_CASE("an empty payload has no body frame") {
    const Deliver deliver{"c", 1, {{"", "q", "", "", "", 1}}, {}};
    const Frames frames = frames_of(Form::json, deliver, single).at(0);
    CHECK(frames.envelope == R"({"op":"deliver","consumer":"c","tag":1,"exchange":"","key":"q"})");
    CHECK_FALSE(frames.body);
    check_round_trip(deliver, single);
}

TEST_CASE("a repeated delivery says so") {
    const Deliver deliver{"c", 1, {{"", "q", "", "", "p", 3}}, {}};
    CHECK(frames_of(Form::json, deliver, single).at(0).envelope ==
          R"({"op":"deliver","consumer":"c","tag":1,"exchange":"","key":"q",)"
          R"("redelivered":true,"deliveries":3})");
    check_round_trip(deliver, single);
}

TEST_CASE("an own field stands before the common one of the same name") {
    const std::string common = properties("type", "common"), own = properties("type", "own");
    const Deliver deliver{
        "c", 1, {{"e", "", common, own, "a", 1}, {"e", "", common, "", "b", 1}}, {}};
    check_round_trip(deliver, single);
    check_round_trip(deliver, batch);
    const std::string other = properties("x", "y");
    const Deliver mixed{
        "c", 1, {{"e", "", common, own, "a", 1}, {"e", "", other, own, "b", 1}}, {}};
    check_round_trip(mixed, batch);
}

TEST_CASE("in a batch what all share stands once") {
    const std::string common = properties("type", "t"), same = properties("type", "t");
    const Deliver deliver{
        "c", 5, {{"e", "k", common, "", "ab", 1}, {"e", "k", same, "", "", 1}}, {}};
    const Frames frames = frames_of(Form::json, deliver, batch).at(0);
    CHECK(frames.envelope == R"({"op":"deliver","consumer":"c","tag":5,"exchange":"e","key":"k",)"
                             R"("type":"t","messages":[2,0]})");
    CHECK(frames.body == "ab");
    check_round_trip(deliver, batch);
}

TEST_CASE("in a batch what differs stands in the entries") {
    const std::string one = properties("type", "t"), two = properties("x", "z");
    const Deliver deliver{
        "c",
        5,
        {{"e", "k", one, "", "ab", 1}, {"", "l", two, one, "c", 2}, {"e", "", "", "", "", 1}},
        {}};
    const Frames frames = frames_of(Form::json, deliver, batch).at(0);
    CHECK(frames.envelope ==
          R"({"op":"deliver","consumer":"c","tag":5,"messages":[)"
          R"({"size":2,"exchange":"e","key":"k","type":"t"},)"
          R"({"size":1,"exchange":"","key":"l","redelivered":true,"deliveries":2,)"
          R"("type":"t","x":"z"},)"
          R"({"size":0,"exchange":"e","key":""}]})");
    check_round_trip(deliver, batch);
}

TEST_CASE("a thousand deliveries go in as many frames as their bytes need") {
    const std::string common = properties("type", "t"), payload(1000, 'x');
    Deliver deliver{"c", 1, {}, {}};
    for (int i = 0; i < 1000; ++i) {
        deliver.messages.push_back({"e", "k", common, "", payload, 1});
    }
    const std::size_t each = payload.size() + common.size();
    CHECK(frames_of(Form::msgpack, deliver, batch, 100 * each).size() == 10);
    CHECK(frames_of(Form::msgpack, deliver, batch, 1).size() == 1000);
    CHECK(frames_of(Form::msgpack, deliver, single).size() == 1000);
    CHECK(frames_of(Form::msgpack, deliver, data).size() == 1000);
    check_round_trip(deliver, batch);
}

TEST_CASE("the answer to get has id and remaining, and no consumer") {
    const Deliver deliver{"", 9, {{"e", "k", "", "", "p", 1}}, 4};
    const Frames frames = encode_deliver_frame(Form::json, deliver, 0, 1, 33, single);
    CHECK(frames.envelope ==
          R"({"op":"deliver","id":33,"tag":9,"remaining":4,"exchange":"e","key":"k"})");
    Decoder decoder;
    const Reply reply = accepted_reply(decoder, frames.envelope, body_of(frames));
    CHECK(reply.id == 33);
    CHECK(std::get<Deliver>(reply.answer).remaining == 4);
    check_round_trip(deliver, single);
}

TEST_CASE("in data form JSON payloads are values, text is a string, other bytes are base64") {
    const std::string json = properties("content_type", "application/json");
    const auto envelope = [&](Form form, std::string_view type, std::string_view payload) {
        const Deliver deliver{"c", 1, {{"e", "", type, "", payload, 1}}, {}};
        const Frames frames = frames_of(form, deliver, data).at(0);
        CHECK_FALSE(frames.body);
        return frames.envelope;
    };
    const auto value = [&](std::string_view type, std::string_view payload) {
        return nlohmann::json::parse(envelope(Form::json, type, payload));
    };
    CHECK(value(json, R"( {"a" : [1, 2.5]} )").at("data") ==
          nlohmann::json::parse(R"({"a":[1,2.5]})"));
    CHECK(value(json, "{broken").at("data") == "{broken");
    CHECK(value(json, std::string(100000, '[')).at("data").is_string());
    CHECK(value(json, R"("text")").at("data") == R"("text")");
    CHECK(value("", "{}").at("data") == "{}");
    CHECK(value("", "").at("data") == "");
    CHECK(value("", bytes("ff 00")).at("data_base64") == "/wA=");
    const auto msgpack = nlohmann::json::from_msgpack(envelope(Form::msgpack, "", bytes("ff 00")));
    CHECK(msgpack.at("data").is_binary());
}

TEST_CASE("data form carries every payload through, in both forms") {
    const std::string json = properties("content_type", "application/json");
    for (const std::string& payload :
         {std::string("text"), std::string(), bytes("ff 00 80"), std::string(R"({"a":1})"),
          std::string(R"("quoted")"), std::string("3"), std::string(100000, 'y')}) {
        check_round_trip({"c", 1, {{"e", "k", json, "", payload, 1}}, {}}, data);
        check_round_trip({"c", 1, {{"e", "k", "", "", payload, 1}}, {}}, data);
    }
}

TEST_CASE("a return carries the message whole, and why") {
    const std::string common = properties("type", "t"), own = properties("x", "1");
    const Return sent{{"e", "k", common, own, "payload", 1},
                      error(ErrorCode::unroutable, "no queue is bound")};
    for (const Form form : {Form::json, Form::msgpack}) {
        const Frames frames = encode(form, Reply{8, sent});
        Decoder decoder;
        const Reply reply = accepted_reply(decoder, frames.envelope, body_of(frames));
        CHECK(reply.id == 8);
        const auto& got = std::get<Return>(reply.answer);
        CHECK(got.error == sent.error);
        CHECK(got.message.exchange == "e");
        CHECK(got.message.key == "k");
        CHECK(got.message.payload == "payload");
        CHECK(find_text(got.message.common, "type") == "t");
        CHECK(find_text(got.message.common, "x") == "1");
        CHECK_FALSE(find_value(got.message.common, "reason"));
    }
}

TEST_CASE("whatever a publish may carry can be delivered and looked at") {
    std::string deep = R"({"op":"publish","exchange":"e","x":)";
    deep += std::string(31, '[') + std::string(31, ']') + "}";
    std::string wide = R"({"op":"publish","exchange":"e")";
    for (int i = 0; i < 998; ++i) wide += ",\"k" + std::to_string(i) + "\":0";
    Decoder deep_decoder, wide_decoder;
    const auto of_deep = accepted_as<Publish>(deep_decoder, deep);
    const auto of_wide = accepted_as<Publish>(wide_decoder, wide + "}");
    const std::string own = properties("type", "own");
    const Deliver deliver{
        "c",
        1,
        {{"e", "k", of_deep.common, own, "a", 2}, {"f", "k", of_wide.common, own, "b", 2}},
        {}};
    check_round_trip(deliver, single);
    check_round_trip(deliver, batch);
    check_round_trip(deliver, data);
    PropertiesWriter row;
    row.raw("properties", of_deep.common);
    Ok looked_at;
    looked_at.rows = "\x91" + row.take();
    Decoder decoder;
    for (const Form form : {Form::json, Form::msgpack}) {
        accepted_reply(decoder, encode(form, Reply{1, looked_at}).envelope);
    }
}

TEST_CASE("properties count towards the size of a frame") {
    const std::string large = properties("x", std::string(50000, 'x'));
    Deliver deliver{"c", 1, {}, {}};
    for (int i = 0; i < 10; ++i) deliver.messages.push_back({"e", "", large, "", "", 1});
    CHECK(frames_of(Form::msgpack, deliver, batch, 100100).size() == 5);
}

TEST_CASE("deliveries whose sizes do not fit the body are refused") {
    const std::string head = R"({"op":"deliver","consumer":"c","tag":1,"messages":)";
    CHECK(refused_reply(head + "[1,2]}", "ab").error.code == ErrorCode::size_mismatch);
    CHECK(refused_reply(head + "[1,2]}", "abcd").error.code == ErrorCode::size_mismatch);
    CHECK(refused_reply(head + "[]}").error.field == "messages");
    CHECK(refused_reply(head + "[{}]}").error.field == "messages[0].size");
    CHECK(refused_reply(R"({"op":"deliver","consumer":"c"})").error.field == "tag");
}

}  // namespace zex::wire
