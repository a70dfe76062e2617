// Every operation and every answer, with every field, against its JSON text and in both forms.
#include <optional>
#include <string>
#include <utility>

#include "common/wire/properties.h"
#include "tests/wire/decode.h"

namespace zex::wire {
namespace {

void check_request(std::optional<std::uint64_t> id, Operation operation, const std::string& text) {
    INFO(text);
    const Request request{id, std::move(operation)};
    const std::string json = encode(Form::json, request).envelope;
    const std::string msgpack = encode(Form::msgpack, request).envelope;
    CHECK(json == text);
    // Crossing over: what one form loses, the other would show.
    Decoder decoder;
    CHECK(encode(Form::msgpack, accepted(decoder, json)).envelope == msgpack);
    CHECK(encode(Form::json, accepted(decoder, msgpack)).envelope == json);
}

void check_reply(std::optional<std::uint64_t> id, Answer answer, const std::string& text) {
    INFO(text);
    const Reply reply{id, std::move(answer)};
    const std::string json = encode(Form::json, reply).envelope;
    const std::string msgpack = encode(Form::msgpack, reply).envelope;
    CHECK(json == text);
    Decoder decoder;
    CHECK(encode(Form::msgpack, accepted_reply(decoder, json)).envelope == msgpack);
    CHECK(encode(Form::json, accepted_reply(decoder, msgpack)).envelope == json);
}

}  // namespace

TEST_CASE("every request is written as its page says and read back whole, in both forms") {
    check_request(1, Hello{{1, 2}, "tester", "00ff", 5000, 30000, true},
                  R"({"op":"hello","id":1,"versions":[1,2],"client":"tester","token":"00ff",)"
                  R"("heartbeat_ms":5000,"grace_ms":30000,"batch":true})");
    check_request(std::nullopt, Hello{{1}, "", "", {}, {}, false},
                  R"({"op":"hello","versions":[1]})");
    check_request(std::nullopt, Ping{}, R"({"op":"ping"})");
    check_request(2, Pong{}, R"({"op":"pong","id":2})");
    check_request(3, Close{}, R"({"op":"close","id":3})");
    check_request(
        4, DeclareExchange{"logs", "fanout", true, true, true},
        R"({"op":"declare_exchange","id":4,"exchange":"logs","kind":"fanout","durable":true,)"
        R"("auto_delete":true,"passive":true})");
    check_request(5, DeclareExchange{"logs"},
                  R"({"op":"declare_exchange","id":5,"exchange":"logs"})");
    check_request(6, DeleteExchange{"logs", true},
                  R"({"op":"delete_exchange","id":6,"exchange":"logs","if_unused":true})");
    check_request(7, DeclareQueue{"q", true, "none", true, true, true, 10, 0, "drop_head"},
                  R"({"op":"declare_queue","id":7,"queue":"q","durable":true,"durability":"none",)"
                  R"("exclusive":true,)"
                  R"("auto_delete":true,"passive":true,"max_messages":10,"max_bytes":0,)"
                  R"("overflow":"drop_head"})");
    check_request(8, DeclareQueue{}, R"({"op":"declare_queue","id":8})");
    check_request(9, DeleteQueue{"q", true, true},
                  R"({"op":"delete_queue","id":9,"queue":"q","if_unused":true,"if_empty":true})");
    check_request(10, Bind{"q", "logs", {"error"}},
                  R"({"op":"bind","id":10,"queue":"q","exchange":"logs","key":"error"})");
    check_request(
        11, Bind{"q", "logs", {"info", "", "warning"}},
        R"({"op":"bind","id":11,"queue":"q","exchange":"logs","key":["info","","warning"]})");
    check_request(12, Unbind{"q", "logs", {""}},
                  R"({"op":"unbind","id":12,"queue":"q","exchange":"logs","key":""})");
    check_request(13, Purge{"q"}, R"({"op":"purge","id":13,"queue":"q"})");
    check_request(14, Consume{"q", "c", 100, 8388608, true, true},
                  R"({"op":"consume","id":14,"queue":"q","consumer":"c","credit":100,)"
                  R"("credit_bytes":8388608,"no_ack":true,"data":true})");
    check_request(15, Cancel{"c"}, R"({"op":"cancel","id":15,"consumer":"c"})");
    check_request(16, Credit{"c", 0, 18446744073709551615U},
                  R"({"op":"credit","id":16,"consumer":"c","credit":0,)"
                  R"("credit_bytes":18446744073709551615})");
    check_request(17, Settle{"c", {{7, 7}}, true, Settlement::ack},
                  R"({"op":"settle","id":17,"consumer":"c","tag":7,"up_to":true})");
    check_request(18, Settle{"", {{1, 1}, {3, 9}}, false, Settlement::requeue},
                  R"({"op":"settle","id":18,"tags":[1,[3,9]],"action":"requeue"})");
    check_request(19, Settle{"c", {{3, 9}}, false, Settlement::reject},
                  R"({"op":"settle","id":19,"consumer":"c","tags":[[3,9]],"action":"reject"})");
    check_request(20, Get{"q", true, true},
                  R"({"op":"get","id":20,"queue":"q","no_ack":true,"data":true})");
    check_request(21, Peek{"q", 100}, R"({"op":"peek","id":21,"queue":"q","count":100})");
    check_request(22, List{"queues"}, R"({"op":"list","id":22,"what":"queues"})");
    check_request(23, StatusRequest{}, R"({"op":"status","id":23})");
    check_request(24, Explain{"", "k"}, R"({"op":"explain","id":24,"exchange":"","key":"k"})");
}

TEST_CASE("every reply is written as its page says and read back whole, in both forms") {
    const Error no_queue = error(ErrorCode::no_such_queue, "no queue 'a'", "queue");
    const Error bad_bytes{ErrorCode::malformed, "bad", "", 17};
    const std::string no_queue_json =
        R"("code":201,"error":"no_such_queue","reason":"no queue 'a'","field":"queue",)"
        R"("retry":false)";
    Ok ok{"e", "q", "c", 1, 2, 3, bytes("91 81 a1 61 cb 3f f8 00 00 00 00 00 00")};

    check_reply(
        1, Welcome{1, "s1", "ab", 2, true, 5, 6, 7, 8, 9, 10, "zexd 0.1.0", "none"},
        R"({"op":"welcome","id":1,"version":1,"session":"s1","token":"ab","epoch":2,)"
        R"("resumed":true,"heartbeat_ms":5,"timeout_ms":6,"grace_ms":7,"max_message_bytes":8,)"
        R"("max_batch":9,"max_batch_bytes":10,"broker":"zexd 0.1.0","durability":"none"})");
    check_reply(2, ok,
                R"({"op":"ok","id":2,"exchange":"e","queue":"q","consumer":"c","messages":1,)"
                R"("consumers":2,"changed":3,"rows":[{"a":1.5}]})");
    check_reply(3, Ok{}, R"({"op":"ok","id":3})");
    check_reply(std::nullopt, ErrorReply{bad_bytes, {}},
                R"({"op":"error","code":100,"error":"malformed","reason":"bad","offset":17,)"
                R"("retry":false})");
    check_reply(4,
                ErrorReply{error(ErrorCode::properties_differ, "differs"), {"kind", "max_bytes"}},
                R"({"op":"error","id":4,"code":300,"error":"properties_differ","reason":"differs",)"
                R"("retry":false,"differs":["kind","max_bytes"]})");
    check_reply(5, Confirm{1, 0}, R"({"op":"confirm","id":5,"queues":0})");
    check_reply(6, Confirm{1000, 2}, R"({"op":"confirm","id":6,"count":1000,"queues":2})");
    check_reply(7, Refuse{3, error(ErrorCode::queue_full, "q is full")},
                R"({"op":"refuse","id":7,"count":3,"code":401,"error":"queue_full",)"
                R"("reason":"q is full","retry":true})");
    check_reply(8, Empty{}, R"({"op":"empty","id":8})");
    check_reply(std::nullopt, Cancelled{"c", no_queue},
                R"({"op":"cancelled","consumer":"c",)" + no_queue_json + "}");
    check_reply(std::nullopt, Goodbye{no_queue}, R"({"op":"goodbye",)" + no_queue_json + "}");
    check_reply(std::nullopt, Ping{}, R"({"op":"ping"})");
    check_reply(9, Pong{}, R"({"op":"pong","id":9})");
}

TEST_CASE("the form follows from the first byte") {
    CHECK(form_of("{}") == Form::json);
    for (const char* white : {" ", "\t", "\r", "\n"}) CHECK(form_of(white) == Form::json);
    CHECK(form_of("\x80") == Form::msgpack);
    CHECK(form_of("[]") == Form::msgpack);
    CHECK(form_of("") == Form::msgpack);
}

TEST_CASE("white space before a JSON envelope is skipped") {
    Decoder decoder;
    CHECK(std::holds_alternative<Ping>(
        accepted(decoder, " \t\r\n{ \"op\" : \"ping\" }\n").operation));
}

TEST_CASE("a MessagePack integer in a longer encoding is the same integer") {
    Decoder decoder;
    // {"op":"ping","id":<int64 7>}
    CHECK(accepted(decoder, bytes("82 a2 6f70 a4 70696e67 a2 6964 d3 0000000000000007")).id == 7);
}

TEST_CASE("unknown fields of a request are not looked at") {
    Decoder decoder;
    const auto purge =
        accepted_as<Purge>(decoder, R"({"op":"purge","queue":"q","colour":{"a":[1]}})");
    CHECK(purge.queue == "q");
}

TEST_CASE("the error number of a newer broker survives") {
    Decoder decoder;
    const Reply reply = accepted_reply(
        decoder, R"({"op":"error","code":999,"error":"odd","reason":"r","retry":true})");
    const Error& error = std::get<ErrorReply>(reply.answer).error;
    CHECK(static_cast<unsigned>(error.code) == 999);
    CHECK(error.reason == "r");
}

TEST_CASE("an unknown answer is a bad reply") {
    CHECK(refused_reply(R"({"op":"sing"})").error.code == ErrorCode::bad_reply);
}

}  // namespace zex::wire
