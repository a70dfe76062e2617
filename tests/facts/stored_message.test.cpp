#include "broker/facts/stored_message.h"

#include <random>
#include <string>

#include <catch2/catch.hpp>

namespace zex::facts {

TEST_CASE("a stored message comes back with all its parts") {
    const StoredMessage message{
        "logs", "error", "\x81\xa1p\x05", "\x80", std::string_view("a\0b", 3), 7, 0, 0};
    std::string body;
    message.append_to(body);
    CHECK(body.size() == message.encoded_size());
    const auto read = read_message(message.flags(), body);
    REQUIRE(read);
    CHECK(read->enqueued_ms == 7);
    CHECK(read->exchange == message.exchange);
    CHECK(read->key == message.key);
    CHECK(read->common == message.common);
    CHECK(read->own == message.own);
    CHECK(read->payload == message.payload);
}

TEST_CASE("an empty message is one, of twelve bytes") {
    std::string body;
    StoredMessage{}.append_to(body);
    CHECK(body.size() == 12);
    REQUIRE(read_message(0, body));
    CHECK(read_message(0, body)->payload.empty());
}

TEST_CASE("times are kept up to the last one that is set") {
    StoredMessage message;
    message.payload = "p";
    message.not_before_ms = 9;
    std::string body;
    message.append_to(body);
    CHECK(body.size() == message.encoded_size());
    const auto read = read_message(message.flags(), body);
    REQUIRE(read);
    CHECK(read->enqueued_ms == 0);
    CHECK(read->expires_ms == 0);
    CHECK(read->not_before_ms == 9);
    CHECK(read->payload == "p");
}

TEST_CASE("a time that a newer program added is passed over") {
    StoredMessage message;
    message.payload = "payload";
    message.enqueued_ms = 5;
    std::string body;
    message.append_to(body);
    body[12] = 4;  // times
    body.insert(12 + 1 + 8, std::string(3 * 8, '\x11'));
    const auto read = read_message(flag_times, body);
    REQUIRE(read);
    CHECK(read->enqueued_ms == 5);
    CHECK(read->payload == "payload");
}

TEST_CASE("lengths that do not fit the body are refused") {
    std::string body;
    StoredMessage{"logs", "error", "common", "own", "", 0, 0, 0}.append_to(body);
    for (std::size_t size = 0; size < body.size(); ++size) {
        CHECK_FALSE(read_message(0, std::string_view(body).substr(0, size)));
    }
    for (std::size_t at = 0; at < 12; ++at) {
        std::string hostile = body;
        hostile[at] = '\xff';
        CHECK_FALSE(read_message(0, hostile));
    }
}

TEST_CASE("no bytes make reading a message go past them") {
    std::mt19937_64 random(2);
    for (int run = 0; run < 5000; ++run) {
        std::string body(random() % 64, '\0');
        for (char& byte : body) byte = static_cast<char>(random() % 4 == 0 ? random() : 0);
        const auto read = read_message(0, body);
        if (read) CHECK(read->encoded_size() == body.size());
        const auto timed = read_message(flag_times, body);
        if (timed) CHECK(timed->payload.size() <= body.size());
    }
}

}  // namespace zex::facts
