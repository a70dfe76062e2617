#include "broker/core/content.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace zex::core {

TEST_CASE("a message's own properties and payload lie next to each other", "[content]") {
    Chunks chunks;
    Message message;
    chunks.store(Arrival{"own", "payload", {}}, message);
    CHECK(message.own() == "own");
    CHECK(message.payload() == "payload");
    CHECK(message.payload().data() == message.own().data() + 3);
}

TEST_CASE("an empty content is stored without bytes", "[content]") {
    Chunks chunks;
    Message message;
    chunks.store(Arrival{}, message);
    CHECK(message.payload().empty());
    CHECK(message.own().empty());
}

TEST_CASE("small contents share chunks that grow with use", "[content]") {
    Chunks chunks;
    std::vector<Message> kept;
    for (int i = 0; i < 20'000; ++i) {
        const std::string payload = "message " + std::to_string(i);
        chunks.store(Arrival{{}, payload, {}}, kept.emplace_back());
    }
    for (int i = 0; i < 20'000; ++i) {
        CHECK(kept[static_cast<std::size_t>(i)].payload() == "message " + std::to_string(i));
    }
    CHECK(kept.front().block->size() == 1024);
    CHECK(kept.back().block->size() == 65536);
    CHECK(kept[1].block.get() == kept[0].block.get());
}

TEST_CASE("a chunk that nobody holds is filled again", "[content]") {
    Chunks chunks;
    const std::string payload(4000, 'x');
    Message last;
    for (int i = 0; i < 100; ++i) chunks.store(Arrival{{}, payload, {}}, last = Message());
    const Block* chunk = last.block.get();
    last = Message();
    for (int i = 0; i < 16; ++i) chunks.store(Arrival{{}, payload, {}}, last = Message());
    CHECK(last.block.get() == chunk);
}

TEST_CASE("a chunk that somebody holds is left alone", "[content]") {
    Chunks chunks;
    std::vector<Message> held;
    for (int i = 0; i < 1000; ++i) {
        Message message;
        chunks.store(Arrival{{}, std::string(1000, static_cast<char>('a' + i % 26)), {}}, message);
        if (i % 100 == 0) held.push_back(std::move(message));
    }
    for (std::size_t i = 0; i < held.size(); ++i) {
        CHECK(held[i].payload() == std::string(1000, static_cast<char>('a' + i * 100 % 26)));
    }
}

TEST_CASE("a large content is copied once for all queues", "[content]") {
    const std::string payload(large_content_bytes, 'x');
    Arrival arrival{{}, payload, {}};
    arrival.share_if_large();
    REQUIRE(arrival.shared);
    Chunks one, other;
    Message first, second;
    one.store(arrival, first);
    other.store(arrival, second);
    CHECK(first.block.get() == second.block.get());
    CHECK(first.payload() == payload);
}

TEST_CASE("a small content is not shared", "[content]") {
    const std::string payload(large_content_bytes - 1, 'x');
    Arrival arrival{{}, payload, {}};
    arrival.share_if_large();
    CHECK_FALSE(arrival.shared);
}

}  // namespace zex::core
