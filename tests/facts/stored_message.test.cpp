#include "broker/facts/stored_message.h"

#include <random>
#include <string>

#include <catch2/catch.hpp>

namespace zex::facts {

TEST_CASE("a stored message comes back with all its parts") {
    const StoredMessage message{"logs", "error", "\x81\xa1p\x05", "\x80",
                                std::string_view("a\0b", 3)};
    std::string body;
    message.append_to(body);
    CHECK(body.size() == message.encoded_size());
    const auto read = read_message(body);
    REQUIRE(read);
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
    REQUIRE(read_message(body));
    CHECK(read_message(body)->payload.empty());
}

TEST_CASE("lengths that do not fit the body are refused") {
    std::string body;
    StoredMessage{"logs", "error", "common", "own", ""}.append_to(body);
    for (std::size_t size = 0; size < body.size(); ++size) {
        CHECK_FALSE(read_message(std::string_view(body).substr(0, size)));
    }
    for (std::size_t at = 0; at < 12; ++at) {
        std::string hostile = body;
        hostile[at] = '\xff';
        CHECK_FALSE(read_message(hostile));
    }
}

TEST_CASE("no bytes make reading a message go past them") {
    std::mt19937_64 random(2);
    for (int run = 0; run < 5000; ++run) {
        std::string body(random() % 64, '\0');
        for (char& byte : body) byte = static_cast<char>(random() % 4 == 0 ? random() : 0);
        const auto read = read_message(body);
        if (read) CHECK(read->encoded_size() == body.size());
    }
}

}  // namespace zex::facts
