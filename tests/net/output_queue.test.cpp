#include "common/net/zmtp/output_queue.h"

#include <algorithm>
#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/raw_peer.h"

namespace zex::net::zmtp {
namespace {

using test::RawPeer;

/// All that waits, taken `at_once` bytes at a time.
std::string written(OutputQueue& queue, std::size_t at_once) {
    std::string all;
    while (!queue.empty()) {
        std::array<iovec, 3> pieces;
        const std::size_t count = queue.gather(pieces);
        REQUIRE(count > 0);
        std::string next;
        for (std::size_t i = 0; i < count; ++i) {
            next.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
        }
        next.resize(std::min(next.size(), at_once));
        all += next;
        queue.written(next.size());
    }
    return all;
}

TEST_CASE("messages are written as ZMTP frames, in order, however little is taken at once") {
    std::string expected = "greeting";
    for (const std::size_t at_once : {1, 7, 1000, 1 << 20}) {
        OutputQueue queue;
        queue.push_bytes("greeting");
        expected = "greeting";
        for (const std::size_t size : {0, 5, 255, 256, 2000, 40'000}) {
            std::array<Outgoing, 2> message{std::string("envelope"), std::string(size, 'b')};
            queue.push_message(message);
            expected += RawPeer::frame("envelope", true) + RawPeer::frame(std::string(size, 'b'));
            std::array<Outgoing, 1> single{std::string(size, 'c')};
            queue.push_message(single);
            expected += RawPeer::frame(std::string(size, 'c'));
        }
        CHECK(queue.bytes() == expected.size());
        CHECK(written(queue, at_once) == expected);
        CHECK(queue.bytes() == 0);
    }
}

TEST_CASE("a body that many connections get is kept once") {
    const Slice body = Slice::copy_of(std::string(100'000, 'x'));
    std::array<OutputQueue, 3> queues;
    for (OutputQueue& queue : queues) {
        std::array<Outgoing, 2> message{std::string("e"), body};
        queue.push_message(message);
        std::array<iovec, 4> pieces;
        REQUIRE(queue.gather(pieces) == 2);
        CHECK(pieces[1].iov_base == body.view().data());
    }
    for (OutputQueue& queue : queues) written(queue, 1 << 20);
    CHECK(body.block()->is_unique());
}

}  // namespace
}  // namespace zex::net::zmtp
