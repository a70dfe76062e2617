// The vectors in docs/protocol-vectors and the examples in docs/protocol.md, against our codec.
// Both are made by Python's json and msgpack, so that they are a second opinion. What a vector
// means is compared field for field with the decoded struct, written out by hand here and not by
// the codec's own description of its fields.

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/wire/codec.h"
#include "common/wire/properties.h"

using nlohmann::json;
using namespace zex::wire;

namespace {

const std::filesystem::path docs = std::filesystem::path(ZEX_SOURCE_ROOT) / "docs";

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.is_open());
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

std::string bytes_of(std::string_view hex) {
    std::string digits;
    for (char c : hex) {
        if (c != ' ' && c != '\n') digits += c;
    }
    REQUIRE(digits.size() % 2 == 0);
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

std::string hex_of(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    for (char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += {digits[byte >> 4], digits[byte & 15]};
    }
    return hex;
}

template <class Value>
json or_null(const std::optional<Value>& value) {
    return value ? json(*value) : json(nullptr);
}

json properties_of(Properties common, Properties own) {
    json all = json::object();
    if (!common.empty()) all.update(json::from_msgpack(common));
    if (!own.empty()) all.update(json::from_msgpack(own));
    return all;
}

json fields_of(const zex::Error& error) {
    return {{"code", static_cast<int>(error.code)},
            {"error", error.name()},
            {"reason", error.reason},
            {"field", error.field},
            {"offset", or_null(error.offset)},
            {"retry", error.may_retry()}};
}

json with(json left, const json& right) {
    left.update(right);
    return left;
}

// ---- what a request means -----------------------------------------------------------------------

json meaning(const Hello& op) {
    return {{"op", "hello"},
            {"versions", op.versions},
            {"client", op.client},
            {"token", op.token},
            {"heartbeat_ms", or_null(op.heartbeat_ms)},
            {"grace_ms", or_null(op.grace_ms)},
            {"batch", op.batch},
            {"features", op.features},
            {"credentials", op.credentials}};
}
json meaning(const Ping&) {
    return {{"op", "ping"}};
}
json meaning(const Pong&) {
    return {{"op", "pong"}};
}
json meaning(const Close&) {
    return {{"op", "close"}};
}
json meaning(const DeclareExchange& op) {
    return {{"op", "declare_exchange"}, {"exchange", op.exchange}, {"kind", op.kind},
            {"durable", op.durable},    {"passive", op.passive},   {"auto_delete", op.auto_delete}};
}
json meaning(const DeleteExchange& op) {
    return {{"op", "delete_exchange"}, {"exchange", op.exchange}, {"if_unused", op.if_unused}};
}
json meaning(const DeclareQueue& op) {
    return {{"op", "declare_queue"},
            {"queue", op.queue},
            {"durable", op.durable},
            {"durability", op.durability},
            {"exclusive", op.exclusive},
            {"auto_delete", op.auto_delete},
            {"passive", op.passive},
            {"max_messages", or_null(op.max_messages)},
            {"max_bytes", or_null(op.max_bytes)},
            {"overflow", op.overflow}};
}
json meaning(const DeleteQueue& op) {
    return {{"op", "delete_queue"},
            {"queue", op.queue},
            {"if_unused", op.if_unused},
            {"if_empty", op.if_empty}};
}
json meaning(const Bind& op) {
    return {{"op", "bind"}, {"queue", op.queue}, {"exchange", op.exchange}, {"key", op.keys}};
}
json meaning(const Unbind& op) {
    return {{"op", "unbind"}, {"queue", op.queue}, {"exchange", op.exchange}, {"key", op.keys}};
}
json meaning(const Purge& op) {
    return {{"op", "purge"}, {"queue", op.queue}};
}
json meaning(const Publish& op) {
    json messages = json::array();
    std::string_view rest = op.body;
    for (const PublishEntry& entry : op.messages) {
        REQUIRE(entry.size <= rest.size());
        messages.push_back({{"key", entry.key},
                            {"properties", properties_of(op.common, entry.own)},
                            {"payload", hex_of(rest.substr(0, entry.size))}});
        rest.remove_prefix(entry.size);
    }
    CHECK(rest.empty());
    return {{"op", "publish"},
            {"exchange", op.exchange},
            {"mandatory", op.mandatory},
            {"batch", op.batch},
            {"messages", messages}};
}
json meaning(const Consume& op) {
    return {{"op", "consume"},
            {"queue", op.queue},
            {"consumer", op.consumer},
            {"credit", or_null(op.credit)},
            {"credit_bytes", or_null(op.credit_bytes)},
            {"no_ack", op.no_ack},
            {"data", op.data}};
}
json meaning(const Cancel& op) {
    return {{"op", "cancel"}, {"consumer", op.consumer}};
}
json meaning(const Credit& op) {
    return {{"op", "credit"},
            {"consumer", op.consumer},
            {"credit", or_null(op.credit)},
            {"credit_bytes", or_null(op.credit_bytes)}};
}
json meaning(const Settle& op) {
    static constexpr const char* actions[] = {"ack", "requeue", "reject"};
    json tags = json::array();
    for (TagRange range : op.tags) tags.push_back({range.first, range.last});
    return {{"op", "settle"},
            {"consumer", op.consumer},
            {"tags", tags},
            {"up_to", op.up_to},
            {"action", actions[static_cast<int>(op.action)]}};
}
json meaning(const Get& op) {
    return {{"op", "get"}, {"queue", op.queue}, {"no_ack", op.no_ack}, {"data", op.data}};
}
json meaning(const Peek& op) {
    return {{"op", "peek"}, {"queue", op.queue}, {"count", op.count}};
}
json meaning(const List& op) {
    return {{"op", "list"}, {"what", op.what}};
}
json meaning(const StatusRequest&) {
    return {{"op", "status"}};
}
json meaning(const Explain& op) {
    return {{"op", "explain"}, {"exchange", op.exchange}, {"key", op.key}};
}
json meaning(const Backup& op) {
    return {{"op", "backup"}, {"name", op.name}};
}

// ---- what a reply means -------------------------------------------------------------------------

json meaning(const Welcome& op) {
    return {{"op", "welcome"},
            {"version", op.version},
            {"session", op.session},
            {"token", op.token},
            {"epoch", op.epoch},
            {"resumed", op.resumed},
            {"heartbeat_ms", op.heartbeat_ms},
            {"timeout_ms", op.timeout_ms},
            {"grace_ms", op.grace_ms},
            {"max_message_bytes", op.max_message_bytes},
            {"max_batch", op.max_batch},
            {"max_batch_bytes", op.max_batch_bytes},
            {"broker", op.broker},
            {"durability", op.durability},
            {"features", op.features}};
}
json meaning(const Ok& op) {
    return {{"op", "ok"},
            {"exchange", or_null(op.exchange)},
            {"queue", or_null(op.queue)},
            {"consumer", or_null(op.consumer)},
            {"messages", or_null(op.messages)},
            {"consumers", or_null(op.consumers)},
            {"changed", or_null(op.changed)},
            {"rows", op.rows.empty() ? json(nullptr) : json::from_msgpack(op.rows)}};
}
json meaning(const ErrorReply& op) {
    json tags = json::array();
    for (const TagRange& range : op.tags) tags.push_back({range.first, range.last});
    return with(fields_of(op.error), {{"op", "error"},
                                      {"differs", op.differs},
                                      {"changed", or_null(op.changed)},
                                      {"consumer", op.consumer},
                                      {"tags", tags}});
}
json meaning(const Confirm& op) {
    return {{"op", "confirm"}, {"count", op.count}, {"queues", op.queues}};
}
json meaning(const Refuse& op) {
    return with(fields_of(op.error), {{"op", "refuse"}, {"count", op.count}});
}
json meaning(const Deliver& op) {
    json messages = json::array();
    for (const DeliverEntry& entry : op.messages) {
        messages.push_back({{"tag", op.first_tag + messages.size()},
                            {"exchange", entry.exchange},
                            {"key", entry.key},
                            {"deliveries", entry.deliveries},
                            {"properties", properties_of(entry.common, entry.own)},
                            {"payload", hex_of(entry.payload)}});
    }
    return {{"op", "deliver"},
            {"consumer", op.consumer},
            {"remaining", or_null(op.remaining)},
            {"messages", messages}};
}
json meaning(const Return& op) {
    const DeliverEntry& message = op.message;
    return with(fields_of(op.error), {{"op", "return"},
                                      {"exchange", message.exchange},
                                      {"key", message.key},
                                      {"properties", properties_of(message.common, message.own)},
                                      {"payload", hex_of(message.payload)}});
}
json meaning(const Empty&) {
    return {{"op", "empty"}};
}
json meaning(const Cancelled& op) {
    return with(fields_of(op.error), {{"op", "cancelled"}, {"consumer", op.consumer}});
}
json meaning(const Goodbye& op) {
    return with(fields_of(op.error), {{"op", "goodbye"}});
}

template <class Operations>
json meaning_of(std::optional<std::uint64_t> id, const Operations& operation) {
    return with({{"id", or_null(id)}},
                std::visit([](const auto& op) { return meaning(op); }, operation));
}

// ---- decoding -----------------------------------------------------------------------------------

struct Outcome {
    json meaning;  ///< null where it was refused
    std::optional<Refusal> refusal;
    Frames json_again, msgpack_again;  ///< the decoded struct, encoded
};

Outcome decoded(Decoder& decoder, bool request, const Frames& frames) {
    Outcome outcome;
    const std::optional<std::string_view> body = frames.body;
    const auto take = [&](auto&& result, auto&& id_and_operation) {
        if (auto* refusal = std::get_if<Refusal>(&result)) {
            outcome.refusal = std::move(*refusal);
            return;
        }
        const auto& value = std::get<0>(result).value;
        const auto& [id, operation] = id_and_operation(value);
        outcome.meaning = meaning_of(id, operation);
        outcome.json_again = encode(Form::json, value);
        outcome.msgpack_again = encode(Form::msgpack, value);
    };
    if (request) {
        take(decoder.request(frames.envelope, body),
             [](const Request& value) { return std::tie(value.id, value.operation); });
    } else {
        take(decoder.reply(frames.envelope, body),
             [](const Reply& value) { return std::tie(value.id, value.answer); });
    }
    return outcome;
}

std::vector<json> vectors_in(std::string_view group) {
    const json file = json::parse(content_of(docs / "protocol-vectors" / group));
    REQUIRE_FALSE(file.empty());
    return {file.begin(), file.end()};
}

std::optional<std::string> body_of(const json& vector) {
    if (vector["body"].is_null()) return std::nullopt;
    return bytes_of(vector["body"].get<std::string>());
}

void check_refused(const Outcome& outcome, const json& expected, std::size_t envelope_bytes) {
    REQUIRE(outcome.refusal);
    const zex::Error& error = outcome.refusal->error;
    INFO(error.text());
    CHECK(error.name() == expected["name"]);
    CHECK_FALSE(error.reason.empty());
    if (error.code == zex::ErrorCode::malformed) {
        REQUIRE(error.offset);
        CHECK(*error.offset <= envelope_bytes);
    } else {
        CHECK(error.field == expected["field"]);
        CHECK(or_null(outcome.refusal->id) == expected["id"]);
    }
}

void check_understood(const Outcome& outcome, const json& vector, bool request, Decoder& decoder) {
    INFO((outcome.refusal ? outcome.refusal->error.text() : std::string()));
    REQUIRE_FALSE(outcome.refusal);
    CHECK(outcome.meaning == vector["meaning"]);
    for (const Frames& again : {outcome.json_again, outcome.msgpack_again}) {
        CHECK(decoded(decoder, request, again).meaning == vector["meaning"]);
    }
    if (!vector["canonical"].get<bool>()) return;
    CHECK(json::parse(outcome.json_again.envelope) ==
          json::parse(vector["json"].get<std::string>()));
    CHECK(outcome.json_again.body == body_of(vector));
    CHECK(hex_of(outcome.msgpack_again.envelope) == vector["msgpack"]);
    CHECK(outcome.msgpack_again.body == body_of(vector));
}

void check_group(std::string_view group) {
    Decoder decoder;
    for (const json& vector : vectors_in(group)) {
        INFO(vector["name"].get<std::string>());
        const bool request = vector["direction"] == "request";
        for (const char* form : {"json", "msgpack"}) {
            if (vector[form].is_null()) continue;
            INFO(form);
            const auto text = vector[form].get<std::string>();
            const bool is_json = std::string_view(form) == "json";
            const Frames frames{is_json ? text : bytes_of(text), body_of(vector)};
            const Outcome outcome = decoded(decoder, request, frames);
            if (vector.contains("error")) {
                check_refused(outcome, vector["error"], frames.envelope.size());
            } else {
                check_understood(outcome, vector, request, decoder);
            }
        }
    }
}

/// A fenced block of docs/protocol.md.
struct Block {
    std::string language;
    std::string content;
    std::size_t line = 0;
};

std::vector<Block> blocks_of_the_page() {
    std::istringstream page(content_of(docs / "protocol.md"));
    std::vector<Block> blocks;
    bool inside = false;
    std::string text;
    for (std::size_t line = 1; std::getline(page, text); ++line) {
        if (text.starts_with("```")) {
            inside = !inside;
            if (inside) blocks.push_back({text.substr(3), "", line});
        } else if (inside) {
            blocks.back().content += text + "\n";
        }
    }
    CHECK_FALSE(inside);
    return blocks;
}

}  // namespace

TEST_CASE("hello vectors decode and encode as documented") {
    check_group("hello.json");
}
TEST_CASE("queue vectors decode and encode as documented") {
    check_group("queues.json");
}
TEST_CASE("publish vectors decode and encode as documented") {
    check_group("publish.json");
}
TEST_CASE("deliver vectors decode and encode as documented") {
    check_group("deliver.json");
}
TEST_CASE("settle vectors decode and encode as documented") {
    check_group("settle.json");
}
TEST_CASE("reply vectors decode and encode as documented") {
    check_group("replies.json");
}
TEST_CASE("refused vectors are refused by name, field and id in both forms") {
    check_group("refused.json");
}

TEST_CASE("every example of the protocol page is understood, the same in both forms") {
    const std::vector<Block> blocks = blocks_of_the_page();
    Decoder decoder;
    std::size_t examples = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (blocks[i].language != "json") continue;
        INFO("docs/protocol.md:" << blocks[i].line);
        REQUIRE(i + 1 < blocks.size());
        REQUIRE(blocks[i + 1].language == "hex");
        std::optional<std::string> body;
        if (i + 2 < blocks.size() && blocks[i + 2].language == "body") {
            body = blocks[i + 2].content;
            body->pop_back();  // the line end before the fence is not part of the frame
        }
        const Frames in_json{blocks[i].content, body};
        const Frames in_msgpack{bytes_of(blocks[i + 1].content), body};
        // A page tells requests and replies apart by op; only ping and pong are both.
        bool request = true;
        Outcome first = decoded(decoder, request, in_json);
        if (first.refusal) first = decoded(decoder, request = false, in_json);
        INFO((first.refusal ? first.refusal->error.text() : std::string()));
        REQUIRE_FALSE(first.refusal);
        const Outcome second = decoded(decoder, request, in_msgpack);
        REQUIRE_FALSE(second.refusal);
        CHECK(first.meaning == second.meaning);
        ++examples;
    }
    CHECK(examples >= 20);
}

TEST_CASE("no hex or body block of the protocol page stands without its JSON") {
    const std::vector<Block> blocks = blocks_of_the_page();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        INFO("docs/protocol.md:" << blocks[i].line);
        const std::string before = i > 0 ? blocks[i - 1].language : "";
        if (blocks[i].language == "hex") CHECK(before == "json");
        if (blocks[i].language == "body") CHECK(before == "hex");
    }
}
