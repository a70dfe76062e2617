#include "broker/core/publish.h"

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

/// A batch with a key for each message.
Lines publish_keyed(Client& client, std::string_view exchange,
                    const std::vector<std::pair<std::string_view, std::string_view>>& messages,
                    bool mandatory = false, std::optional<std::uint64_t> id = 1) {
    std::string body;
    wire::Publish verb;
    verb.exchange = exchange;
    verb.batch = true;
    verb.mandatory = mandatory;
    for (const auto& [key, payload] : messages) {
        body += payload;
        verb.messages.push_back({key, static_cast<std::uint32_t>(payload.size()), {}});
    }
    verb.body = body;
    return client.does(std::move(verb), id);
}

Client& with_logs(Story& story) {
    Client& a = story["a"];
    a.declares_exchange("logs");
    for (const char* queue : {"errors", "all"}) a.declares(queue);
    a.binds("errors", "logs", {"error"});
    a.binds("all", "logs", {"error", "info"});
    return a;
}

void declare_bounded(Client& client, std::string name, std::uint64_t messages,
                     std::uint64_t bytes) {
    wire::DeclareQueue verb;
    verb.queue = std::move(name);
    verb.max_messages = messages;
    verb.max_bytes = bytes;
    client.does(std::move(verb));
}

}  // namespace

TEST_CASE("a confirm says how many queues took the message", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    CHECK(a.publishes("logs", "error", {"e"}, 5) == Lines{"confirm 5 queues=2"});
    CHECK(a.publishes("logs", "info", {"i"}, 6) == Lines{"confirm 6 queues=1"});
    CHECK(a.publishes("logs", "debug", {"d"}, 7) == Lines{"confirm 7 queues=0"});
    CHECK(story.ready("errors") == Lines{"e"});
    CHECK(story.ready("all") == Lines{"e", "i"});
    CHECK(story.counters().dropped_unroutable == 1);
    CHECK(story.counters().enqueued == 3);
    CHECK(story.counters().confirmed == 3);
}

TEST_CASE("the default exchange takes the key for the name of a queue", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    CHECK(a.publishes("", "all", {"x"}) == Lines{"confirm 1 queues=1"});
    CHECK(a.publishes("", "none", {"x"}) == Lines{"confirm 1 queues=0"});
    CHECK(a.publishes("", "", {"x"}) == Lines{"confirm 1 queues=0"});
    CHECK(story.ready("all") == Lines{"x"});
}

TEST_CASE("without an id there is no confirm, but a refusal", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    CHECK(publish_keyed(a, "logs", {{"error", "e"}}, false, std::nullopt).empty());
    CHECK(story.counters().confirmed == 0);
    CHECK(publish_keyed(a, "nowhere", {{"error", "e"}, {"x", "f"}}, false, std::nullopt) ==
          Lines{"refuse ? no_such_exchange"});
    CHECK(publish_keyed(a, "logs", {{"debug", "d"}}, true, std::nullopt) ==
          Lines{"return ? unroutable key=debug d"});
}

TEST_CASE("a batch is confirmed in runs of the same outcome", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    CHECK(publish_keyed(a, "logs",
                        {{"error", "1"},
                         {"error", "2"},
                         {"info", "3"},
                         {"error", "4"},
                         {"debug", "5"},
                         {"trace", "6"}},
                        false, 10) == Lines{"confirm 10-11 queues=2", "confirm 12 queues=1",
                                            "confirm 13 queues=2", "confirm 14-15 queues=0"});
    CHECK(story.ready("all") == Lines{"1", "2", "3", "4"});
    CHECK(story.ready("errors") == Lines{"1", "2", "4"});
}

TEST_CASE("keys that begin at the same byte are told apart", "[publish]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.declares("qq");
    const std::string_view text = "qq";
    CHECK(publish_keyed(a, "", {{text.substr(0, 1), "1"}, {text, "2"}, {text.substr(0, 0), "3"}}) ==
          Lines{"confirm 1-2 queues=1", "confirm 3 queues=0"});
    CHECK(story.ready("q") == Lines{"1"});
    CHECK(story.ready("qq") == Lines{"2"});
}

TEST_CASE("mandatory messages that no queue takes come back in their place", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    CHECK(publish_keyed(a, "logs", {{"info", "1"}, {"debug", "2"}, {"info", "3"}, {"debug", "4"}},
                        true) == Lines{"confirm 1 queues=1", "return 2 unroutable key=debug 2",
                                       "confirm 3 queues=1", "return 4 unroutable key=debug 4"});
    CHECK(story.counters().returned == 2);
    CHECK(story.counters().dropped_unroutable == 0);
    CHECK(story.ready("all") == Lines{"1", "3"});
}

TEST_CASE("publishing to an exchange that is not there is refused as a whole", "[publish]") {
    Story story;
    Client& a = story["a"];
    CHECK(a.publishes("nowhere", "k", {"1", "2", "3"}, 4) == Lines{"refuse 4-6 no_such_exchange"});
    CHECK(story.counters().refused == 3);
    CHECK(story.counters().published == 3);
}

TEST_CASE("a message that one of its queues has no room for is taken by none", "[publish]") {
    Story story;
    Client& a = story["a"];
    a.declares_exchange("x");
    a.declares("wide");
    declare_bounded(a, "narrow", 2, 1000);
    for (const char* queue : {"wide", "narrow"}) a.binds(queue, "x", {"k"});
    CHECK(a.publishes("x", "k", {"1", "2", "3", "4"}) ==
          Lines{"confirm 1-2 queues=2", "refuse 3-4 queue_full"});
    CHECK(story.ready("wide") == Lines{"1", "2"});
    CHECK(story.ready("narrow") == Lines{"1", "2"});
    CHECK(story.counters().refused == 2);
    a.gets("narrow");
    CHECK(a.publishes("x", "k", {"5"}) == Lines{"refuse 1 queue_full"});
    a.acks("", 1);
    CHECK(a.publishes("x", "k", {"5"}) == Lines{"confirm 1 queues=2"});
}

TEST_CASE("a queue is full by bytes too, and a smaller message may still fit", "[publish]") {
    Story story;
    Client& a = story["a"];
    declare_bounded(a, "q", 100, 10);
    CHECK(a.sends("q", {"12345678", "123", "12"}) ==
          Lines{"confirm 1 queues=1", "refuse 2 queue_full", "confirm 3 queues=1"});
}

TEST_CASE("properties count towards a queue's bytes", "[publish]") {
    Story story;
    Client& a = story["a"];
    declare_bounded(a, "q", 100, 10);
    wire::Publish verb;
    verb.exchange = "";
    verb.common = "\x81\xa1x\xa4long";
    verb.body = "12";
    verb.messages = {{"q", 2, {}}};
    CHECK(a.does(verb) == Lines{"confirm 1 queues=1"});
    CHECK(a.does(verb) == Lines{"refuse 1 queue_full"});
    CHECK(story.queue("q").bytes() == 10);
}

TEST_CASE("consumers that settle by being sent make room within a batch", "[publish]") {
    Story story;
    Client& a = story["a"];
    Client& b = story["b"];
    declare_bounded(a, "q", 2, 1000);
    b.consumes("q", "c", 1, true);
    CHECK(a.sends("q", {"1", "2", "3", "4", "5"}) ==
          Lines{"confirm 1-2 queues=1", "confirm 3-4 queues=1", "confirm 5 queues=1"});
    CHECK(b.hears() == Lines{"c #1 1", "c #2 2", "c #3 3", "c #4 4", "c #5 5"});
}

TEST_CASE("when the memory is full a message is taken by none of its queues", "[publish]") {
    Limits limits;
    limits.memory_bytes = 3 * (message_overhead_bytes + 100 + 2);
    Story story(limits);
    Client& a = story["a"];
    a.declares_exchange("x");
    for (const char* queue : {"q", "r"}) {
        a.declares(queue);
        a.binds(queue, "x", {"k"});
    }
    const std::string payload(100, 'x');
    CHECK(a.publishes("x", "k", {payload, payload}) ==
          Lines{"confirm 1 queues=2", "refuse 2 memory_full"});
    CHECK(a.sends("q", {payload}) == Lines{"confirm 1 queues=1"});
    CHECK(story.memory() <= limits.memory_bytes);
    CHECK(story.queue("q").ready() == 2);
    CHECK(story.queue("r").ready() == 1);
    a.does(wire::Purge{"q"});
    CHECK(a.publishes("x", "k", {"small"}) == Lines{"confirm 1 queues=2"});
}

TEST_CASE("refusals for different reasons are told apart", "[publish]") {
    Limits limits;
    limits.memory_bytes = 2 * (message_overhead_bytes + 11);
    Story story(limits);
    Client& a = story["a"];
    declare_bounded(a, "full", 1, 1000);
    a.declares("q");
    a.sends("full", {"123456"});
    CHECK(publish_keyed(a, "",
                        {{"full", "1"}, {"q", "0123456789"}, {"q", "0123456789"}, {"full", "2"}}) ==
          Lines{"refuse 1 queue_full", "confirm 2 queues=1", "refuse 3 memory_full",
                "refuse 4 queue_full"});
}

TEST_CASE("the confirm comes before the delivery that it makes possible", "[publish]") {
    Story story;
    Client& a = story["a"];
    a.declares("q");
    a.consumes("q", "c");
    CHECK(a.sends("q", {"1", "2"}) == Lines{"confirm 1-2 queues=1", "c #1 1", "c #2 2"});
}

TEST_CASE("large and small payloads arrive whole in every queue", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    const std::string large(100'000, 'L'), small(100, 's');
    a.publishes("logs", "error", {large, small, "", large});
    CHECK(story.ready("errors") == Lines{large, small, "", large});
    CHECK(story.ready("all") == Lines{large, small, "", large});
    const auto in_errors = story.queue("errors").first_ready(1);
    const auto in_all = story.queue("all").first_ready(1);
    CHECK(in_errors[0]->block.get() == in_all[0]->block.get());
}

TEST_CASE("a small payload for many queues stands once", "[publish]") {
    Story story;
    Client& a = story["a"];
    a.declares_exchange("x");
    const Lines queues = {"q1", "q2", "q3", "q4"};
    for (const std::string& queue : queues) {
        a.declares(queue);
        a.does(wire::Bind{queue, "x", {"k"}});
    }
    a.publishes("x", "k", {"small", ""});
    const auto first = story.queue("q1").first_ready(2);
    for (const std::string& queue : queues) {
        CHECK(story.ready(queue) == Lines{"small", ""});
        CHECK(story.queue(queue).first_ready(1)[0]->payload().data() == first[0]->payload().data());
    }
}

TEST_CASE("messages that follow each other share their heading", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    a.publishes("logs", "info", {"1", "2"});
    a.publishes("logs", "info", {"3"});
    a.publishes("logs", "error", {"4"});
    const auto messages = story.queue("all").first_ready(4);
    CHECK(messages[0]->heading.get() == messages[2]->heading.get());
    CHECK(messages[3]->heading->key == "error");
}

TEST_CASE("an exchange counts what it routed and what it could not", "[publish]") {
    Story story;
    Client& a = with_logs(story);
    a.publishes("logs", "error", {"1", "2"});
    a.publishes("logs", "debug", {"3"});
    const Exchange& logs = *story.core.topology().exchange("logs");
    CHECK(logs.published == 3);
    CHECK(logs.routed == 2);
    CHECK(logs.unroutable == 1);
}

}  // namespace zex::core
