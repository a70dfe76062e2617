#include "broker/core/unsettled.h"

#include <string>
#include <utility>

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

constexpr std::uint64_t all_tags = ~std::uint64_t{0};

Message message(std::uint32_t size = 1) {
    static const Slice bytes = Slice::copy_of(std::string(100, 'x'));
    Message made;
    made.heading = HeadingRef::make("", "q", "");
    made.block = bytes.block();
    made.payload_size = size;
    return made;
}

Instant at(int seconds) {
    return {std::chrono::seconds(seconds)};
}

/// Under the next tag: 1, 2, …
struct Numbered : UnsettledDeliveries {
    std::uint64_t add(Message message, QueueId queue, Instant now) {
        UnsettledDeliveries::add(++last, std::move(message), queue, now);
        return last;
    }
    std::uint64_t last = 0;
};

}  // namespace

TEST_CASE("tags may have gaps between them, and each is found", "[unsettled]") {
    UnsettledDeliveries held;
    std::uint64_t tag = 0;
    for (std::uint64_t i = 0; i < 200; ++i) {
        tag += 1 + i * i % 7;
        held.add(tag, message(), QueueId(i % 2), at(1));
    }
    CHECK(held.next_held(0, all_tags) == 1);
    CHECK(held.next_held(2, all_tags) == 3);
    CHECK_FALSE(held.take(2));
    CHECK(held.take(3));
    CHECK_FALSE(held.take(3));
    CHECK(held.take(tag));
    CHECK_FALSE(held.take(tag + 1));
    CHECK(held.count() == 198);
    const auto odd = held.take_of(QueueId(1)).size();
    CHECK(odd == 98);
    CHECK(held.count() == 100);
    std::size_t found = 0;
    for (std::uint64_t each = 0; each <= tag; ++each) found += held.take(each) ? 1u : 0u;
    CHECK(found == 100);
    CHECK(held.bytes() == 0);
}

TEST_CASE("a delivery is taken once", "[unsettled]") {
    Numbered held;
    held.add(message(), QueueId(7), at(1));
    held.add(message(), QueueId(7), at(1));
    const auto taken = held.take(2);
    REQUIRE(taken);
    CHECK(taken->queue == QueueId(7));
    CHECK_FALSE(held.take(2));
    CHECK_FALSE(held.take(0));
    CHECK_FALSE(held.take(3));
    CHECK_FALSE(held.take(all_tags));
    CHECK(held.count() == 1);
}

TEST_CASE("count and bytes are of what is held", "[unsettled]") {
    Numbered held;
    held.add(message(10), QueueId(1), at(1));
    held.add(message(20), QueueId(1), at(2));
    held.add(message(30), QueueId(1), at(3));
    CHECK(held.bytes() == 60);
    CHECK(held.oldest() == at(1));
    held.take(1);
    held.take(3);
    CHECK(held.count() == 1);
    CHECK(held.bytes() == 20);
    CHECK(held.oldest() == at(2));
    held.take_all();
    CHECK(held.bytes() == 0);
    CHECK_FALSE(held.oldest());
}

TEST_CASE("the next one held is found within its stretch only", "[unsettled]") {
    Numbered held;
    for (int i = 0; i < 10; ++i) held.add(message(), QueueId(1), at(1));
    for (const std::uint64_t tag : {1, 2, 5, 6}) held.take(tag);
    CHECK(held.next_held(0, all_tags) == 3);
    CHECK(held.next_held(4, 4) == 4);
    CHECK(held.next_held(5, all_tags) == 7);
    CHECK_FALSE(held.next_held(5, 6));
    CHECK_FALSE(held.next_held(1, 2));
    CHECK_FALSE(held.next_held(11, all_tags));
}

TEST_CASE("one delivery that stays unsettled for ever costs nothing as tags go on", "[unsettled]") {
    Numbered held;
    held.add(message(5), QueueId(1), at(1));
    held.add(message(5), QueueId(1), at(2));
    for (int i = 0; i < 1'000'000; ++i) {
        held.take(held.add(message(), QueueId(1), at(3)));
        if (held.next_held(3, all_tags)) FAIL("a settled delivery is held");
    }
    CHECK(held.count() == 2);
    CHECK(held.bytes() == 10);
    CHECK(held.oldest() == at(1));
    CHECK(held.next_held(0, all_tags) == 1);
    CHECK(held.next_held(2, all_tags) == 2);
    CHECK_FALSE(held.next_held(3, all_tags));
    CHECK(held.take(1));
    CHECK_FALSE(held.take(1));
    const std::vector<Unsettled> rest = held.take_all();
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].since == at(2));
}

TEST_CASE("all are taken in the order of their tags", "[unsettled]") {
    Numbered held;
    for (int i = 0; i < 1000; ++i) held.add(message(), QueueId(1), at(i));
    for (std::uint64_t tag = 1; tag <= 1000; ++tag) {
        if (tag % 50 != 0) held.take(tag);
    }
    const std::vector<Unsettled> rest = held.take_all();
    REQUIRE(rest.size() == 20);
    for (std::size_t i = 1; i < rest.size(); ++i) CHECK(rest[i - 1].since < rest[i].since);
}

}  // namespace zex::core
