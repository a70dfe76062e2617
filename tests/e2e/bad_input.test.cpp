// Every row of bad input, against the real broker over a real socket. Each gets a typed error that
// names the field or the offset where an answer can be sent, and a counter in any case; the broker
// and every other session go on.
#include <string>
#include <utility>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/dealer.h"

using nlohmann::json;
using zex::test::BrokerProcess;
using zex::test::Dealer;
using zex::test::Heard;
using zex::test::packed;

namespace {

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

/// A broker, a client that misbehaves, and a bystander that must not notice.
struct Scene {
    BrokerProcess broker;
    Dealer culprit{broker.endpoint()};
    Dealer bystander{broker.endpoint()};

    Scene() {
        culprit.hello();
        bystander.hello();
    }

    ~Scene() { CHECK(bystander.ask({{"op", "ping"}, {"id", 1}}).op() == "pong"); }

    std::uint64_t counter(const std::string& name) {
        const json rows = bystander.ask({{"op", "status"}, {"id", 2}}).envelope.at("rows");
        INFO(rows.dump());
        REQUIRE(rows.contains(name));
        return rows.at(name).get<std::uint64_t>();
    }

    /// The culprit sends these bytes as an envelope and is told this error; it is counted, and the
    /// culprit's session goes on.
    Heard refused(std::string envelope, const std::string& error) {
        culprit.send({std::move(envelope)});
        return told(error);
    }

    Heard refused(const json& envelope, const std::string& error,
                  std::optional<std::string> body = {}) {
        culprit.send_json(envelope, std::move(body));
        return told(error);
    }

    Heard told(const std::string& error) {
        auto heard = culprit.hear();
        REQUIRE(heard);
        INFO(heard->envelope.dump());
        CHECK((heard->op() == "error" || heard->op() == "refuse"));
        CHECK(heard->error() == error);
        CHECK(!heard->envelope.value("reason", "").empty());
        CHECK(culprit.ask({{"op", "ping"}, {"id", 9}}).op() == "pong");
        return *heard;
    }
};

}  // namespace

TEST_CASE("an unknown operation is refused by name") {
    Scene scene;
    const Heard heard =
        scene.refused(json{{"op", "declare_quueue"}, {"id", 5}}, "unknown_operation");
    CHECK(heard.envelope.at("id") == 5);
    CHECK(heard.field() == "op");
    CHECK(scene.counter("bad_input_unknown_operation") == 1);
}

TEST_CASE("a missing field is named") {
    Scene scene;
    CHECK(scene.refused(json{{"op", "bind"}, {"queue", "q"}, {"key", "k"}}, "missing_field")
              .field() == "exchange");
    CHECK(scene.refused(json{{"key", "k"}}, "missing_field").field() == "op");
    CHECK(scene.counter("bad_input_missing_field") == 2);
}

TEST_CASE("a mistyped field is named") {
    Scene scene;
    CHECK(scene.refused(json{{"op", "consume"}, {"queue", 7}}, "bad_field").field() == "queue");
    CHECK(scene.refused(json{{"op", "consume"}, {"queue", "q"}, {"credit", "ten"}}, "bad_field")
              .field() == "credit");
    CHECK(scene.counter("bad_input_bad_field") == 2);
}

TEST_CASE("an unknown exchange or queue is refused") {
    Scene scene;
    scene.refused(json{{"op", "consume"}, {"id", 1}, {"queue", "nowhere"}}, "no_such_queue");
    scene.refused(json{{"op", "publish"}, {"id", 2}, {"exchange", "nowhere"}, {"key", "k"}},
                  "no_such_exchange", "x");
    CHECK(scene.counter("refused") == 1);
    CHECK(scene.counter("errors_answered") == 1);
}

TEST_CASE("a redeclaration with other properties lists each differing field") {
    Scene scene;
    CHECK(scene.culprit.ask({{"op", "declare_queue"}, {"queue", "q"}}).op() == "ok");
    const Heard heard = scene.refused(
        json{{"op", "declare_queue"}, {"queue", "q"}, {"auto_delete", true}, {"max_messages", 5}},
        "properties_differ");
    CHECK(heard.envelope.at("differs") == json::array({"auto_delete", "max_messages"}));
}

TEST_CASE("names that are empty, too long or not UTF-8 are refused") {
    Scene scene;
    const auto declare = [](const std::string& name) {
        return json{{"op", "declare_exchange"}, {"exchange", name}};
    };
    CHECK(scene.refused(declare(""), "bad_name").field() == "exchange");
    scene.refused(declare(std::string(256, 'x')), "bad_name");
    scene.refused(declare("line\nbreak"), "bad_name");
    const std::string latin = "{\"op\":\"declare_exchange\",\"exchange\":\"caf\xe9\"}";
    scene.refused(latin, "malformed");
    std::string map = packed({{"op", "declare_exchange"}, {"exchange", "caf?"}});
    map[map.find('?')] = '\xe9';
    scene.refused(map, "malformed");
    CHECK(scene.counter("bad_input_bad_name") == 3);
    CHECK(scene.counter("bad_input_malformed") == 2);
}

TEST_CASE("a payload over the limit is refused") {
    Scene scene;
    const json publish = {{"op", "publish"}, {"id", 1}, {"exchange", ""}, {"key", "q"}};
    scene.refused(publish, "message_too_large", std::string(1048577, 'x'));
    CHECK(scene.counter("bad_input_message_too_large") == 1);
}

TEST_CASE("a batch whose sizes do not add up to the body frame is refused") {
    Scene scene;
    const json publish = {
        {"op", "publish"}, {"id", 1}, {"exchange", ""}, {"key", "q"}, {"messages", {3, 4}}};
    scene.refused(publish, "size_mismatch", "12345678");
    CHECK(scene.counter("bad_input_size_mismatch") == 1);
    CHECK(scene.counter("published") == 0);
}

TEST_CASE("a message of three frames, or of an empty first one, is refused") {
    Scene scene;
    scene.culprit.send({"{\"op\":\"ping\"}", "body", "more"});
    scene.told("wrong_frame_count");
    scene.culprit.send({"", "{\"op\":\"ping\"}"});
    scene.told("malformed");
    scene.culprit.send({"{\"op\":\"ping\"}", "a body where none belongs"});
    scene.told("wrong_frame_count");
    CHECK(scene.counter("bad_input_wrong_frame_count") == 2);
}

TEST_CASE("truncated MessagePack is refused with its offset") {
    Scene scene;
    const std::string whole = packed({{"op", "declare_queue"}, {"queue", "q"}});
    for (std::size_t size = 1; size < whole.size(); ++size) {
        const Heard heard = scene.refused(whole.substr(0, size), "malformed");
        CHECK(heard.envelope.at("offset").get<std::size_t>() <= size);
    }
}

TEST_CASE("JSON and MessagePack nested 100,000 deep are refused") {
    Scene scene;
    scene.refused("{\"op\":" + repeated("[", 100'000), "malformed");
    scene.refused("{\"op\":\"publish\",\"x\":" + repeated("{\"a\":", 100'000), "malformed");
    scene.refused("\x82\xa2op\xa4ping\xa1x" + repeated("\x91", 100'000), "malformed");
    CHECK(scene.counter("bad_input_malformed") == 3);
}

TEST_CASE("a declared array of 2^32 elements costs nothing") {
    Scene scene;
    scene.refused(std::string("\x81\xa1x\xdd\xff\xff\xff\xff", 8), "malformed");
    scene.refused(std::string("\xdf\xff\xff\xff\xff", 5), "malformed");
    scene.refused(std::string("\x81\xa1x\xdb\xff\xff\xff\xff", 8), "malformed");
    scene.refused(std::string("\x81\xa1x\xc6\xff\xff\xff\xff", 8), "malformed");
}

TEST_CASE("duplicate keys are refused in both forms") {
    Scene scene;
    scene.refused(std::string("{\"op\":\"ping\",\"op\":\"ping\"}"), "malformed");
    scene.refused(std::string("\x82\xa2op\xa4ping\xa2op\xa4ping"), "malformed");
}

TEST_CASE("NaN and infinities are refused in both forms") {
    Scene scene;
    const std::string head =
        "\x83\xa2op\xa7publish\xa8"
        "exchange\xa0\xa1x";
    scene.refused(head + std::string("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 9), "malformed");
    scene.refused(head + std::string("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", 9), "malformed");
    scene.refused(std::string("{\"op\":\"publish\",\"exchange\":\"\",\"x\":1e400}"), "malformed");
    scene.refused(std::string("{\"op\":\"publish\",\"exchange\":\"\",\"x\":NaN}"), "malformed");
}

TEST_CASE("integers beyond 64 bits are refused, not rounded") {
    Scene scene;
    scene.refused(std::string("{\"op\":\"ping\",\"id\":18446744073709551616}"), "malformed");
    scene.refused(std::string("{\"op\":\"ping\",\"id\":-9223372036854775809}"), "malformed");
    scene.refused(std::string("{\"op\":\"ping\",\"id\":-1}"), "bad_field");
}

TEST_CASE("protocol versions 0 and 2^31 have nothing in common with the broker's") {
    BrokerProcess broker;
    for (const std::uint64_t version : {std::uint64_t{0}, std::uint64_t{1} << 31}) {
        Dealer client(broker.endpoint());
        const Heard heard = client.ask({{"op", "hello"}, {"id", 1}, {"versions", {version}}});
        CHECK(heard.error() == "unsupported_version");
        CHECK(heard.field() == "versions");
        CHECK(heard.envelope.at("reason").get<std::string>().find("supported: 1") !=
              std::string::npos);
        CHECK(client.hello().at("version") == 1);
    }
}

TEST_CASE("every operation before hello is refused") {
    BrokerProcess broker;
    Dealer client(broker.endpoint());
    for (const char* op : {"ping", "status", "close"}) {
        const Heard heard = client.ask({{"op", op}, {"id", 1}});
        CHECK(heard.error() == "hello_required");
        CHECK(heard.envelope.at("id") == 1);
    }
    CHECK(client.ask({{"op", "list"}, {"what", "queues"}}).error() == "hello_required");
    CHECK(client.ask({{"op", "peek"}, {"queue", "q"}}).error() == "hello_required");
    CHECK(client.ask({{"op", "explain"}, {"exchange", ""}, {"key", "q"}}).error() ==
          "hello_required");
    CHECK(client.ask({{"op", "declare_queue"}, {"queue", "q"}}).error() == "hello_required");
    CHECK(client.ask({{"op", "publish"}, {"exchange", ""}, {"key", "q"}}, "x").error() ==
          "hello_required");
    client.hello();
    CHECK(client.ask({{"op", "hello"}, {"versions", {1}}}).error() == "already_open");
}
