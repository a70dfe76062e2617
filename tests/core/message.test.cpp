#include "broker/core/message.h"

#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace zex::core {

TEST_CASE("a heading is known by exchange, key and properties together", "[message]") {
    const HeadingRef heading = HeadingRef::make("x", "k", "p");
    CHECK(heading->is("x", "k", "p"));
    CHECK_FALSE(heading->is("y", "k", "p"));
    CHECK_FALSE(heading->is("x", "l", "p"));
    CHECK_FALSE(heading->is("x", "k", ""));
}

TEST_CASE("a heading lives as long as one reference to it", "[message]") {
    std::vector<HeadingRef> references{HeadingRef::make("x", "k", "p")};
    const Heading* heading = references.front().get();
    for (int i = 0; i < 100; ++i) references.push_back(references.back());
    const HeadingRef moved = std::move(references.back());
    CHECK_FALSE(references.back());
    references.clear();
    CHECK(moved.get() == heading);
    CHECK(moved->key == "k");
}

TEST_CASE("a message's bytes are its payload and all of its properties", "[message]") {
    Message message;
    message.heading = HeadingRef::make("exchange", "key", "12345");
    message.block = Slice::copy_of("ownpayload").block();
    message.own_size = 3;
    message.payload_size = 7;
    CHECK(message.bytes() == 15);
}

TEST_CASE("a message takes less room than the memory gauge counts for it", "[message]") {
    CHECK(sizeof(Message) <= 56);
}

}  // namespace zex::core
