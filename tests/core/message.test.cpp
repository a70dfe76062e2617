#include "broker/core/message.h"

#include <utility>

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
    HeadingRef kept;
    {
        HeadingRef made = HeadingRef::make("x", "k", "p");
        HeadingRef copied = made;
        HeadingRef moved = std::move(made);
        CHECK_FALSE(made);  // NOLINT: a moved-from reference names nothing
        CHECK(copied.get() == moved.get());
        kept = copied;
        kept = kept;
    }
    CHECK(kept->key == "k");
    kept = HeadingRef();
    CHECK_FALSE(kept);
}

TEST_CASE("a message's bytes are its payload and all of its properties", "[message]") {
    Message message;
    message.heading = HeadingRef::make("exchange", "key", "12345");
    message.content = "ownpayload";
    message.own_size = 3;
    message.payload_size = 7;
    CHECK(message.bytes() == 15);
}

TEST_CASE("a message takes no more room than the memory gauge counts for it", "[message]") {
    CHECK(sizeof(Message) <= 64);
}

}  // namespace zex::core
