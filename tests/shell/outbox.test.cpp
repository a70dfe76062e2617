#include "broker/shell/outbox.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/wire/codec.h"

namespace zex::shell {
namespace {

constexpr ConnectionId peer{1};
constexpr ConnectionId other{2};
using Kind = Outbox::News::Kind;

/// An outbox whose socket is a list, and may be told to be full or gone.
struct Desk {
    net::Sent state = net::Sent::sent;
    std::vector<std::string> sent;  ///< "connection envelope [body]"
    Outbox outbox;

    explicit Desk(Outbox::Bounds bounds = {})
        : outbox(
              [this](ConnectionId to, std::span<net::Outgoing> frames) { return take(to, frames); },
              bounds) {
        outbox.open(peer, wire::Form::json);
        outbox.open(other, wire::Form::json);
    }

    net::Sent take(ConnectionId to, std::span<net::Outgoing> frames) {
        if (state != net::Sent::sent) return state;
        std::string line = std::to_string(to.number());
        for (const net::Outgoing& frame : frames) line += " " + std::string(frame.view());
        sent.push_back(line);
        return net::Sent::sent;
    }

    void deliver(std::uint64_t consumer, const char* name, std::uint64_t tag,
                 const std::vector<std::string>& payloads, bool batch = true) {
        std::vector<core::Message> messages;
        for (const std::string& payload : payloads) {
            const Slice slice = Slice::copy_of(payload);
            core::Message message;
            message.heading = core::HeadingRef::make("x", "k", "");
            message.block = slice.block();
            message.payload_size = static_cast<std::uint32_t>(payload.size());
            message.deliveries = 1;
            messages.push_back(std::move(message));
        }
        core::Deliver effect;
        effect.to = peer;
        effect.consumer = ConsumerId(consumer);
        effect.name = name;
        effect.first_tag = tag;
        effect.end = payloads.size();
        effect.batch = batch;
        outbox.deliver(effect, messages);
    }

    std::vector<Kind> news() {
        std::vector<Kind> kinds;
        for (const Outbox::News& item : outbox.take_news()) kinds.push_back(item.kind);
        return kinds;
    }
};

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

TEST_CASE("confirms that continue each other leave as one at the end of the turn") {
    Desk desk;
    desk.outbox.confirm({peer, 1, 10, 2, true});
    desk.outbox.confirm({peer, 11, 1, 2, true});
    CHECK(desk.sent.empty());
    desk.outbox.end_turn();
    REQUIRE(desk.sent.size() == 1);
    CHECK(desk.sent[0].find(R"("count":11)") != std::string::npos);
}

TEST_CASE("confirms with a gap, another number of queues, or no leave to be merged stay apart") {
    Desk desk;
    desk.outbox.confirm({peer, 1, 1, 1, true});
    desk.outbox.confirm({peer, 3, 1, 1, true});   // a gap
    desk.outbox.confirm({peer, 4, 1, 2, true});   // other queues
    desk.outbox.confirm({peer, 5, 1, 2, false});  // not mergeable
    desk.outbox.confirm({peer, 6, 1, 2, false});
    desk.outbox.end_turn();
    REQUIRE(desk.sent.size() == 5);
    CHECK(desk.sent[0].find(R"("id":1)") != std::string::npos);
    CHECK(desk.sent[4].find(R"("id":6)") != std::string::npos);
}

TEST_CASE("deliveries to one consumer under continuing tags leave as one batch") {
    Desk desk;
    desk.deliver(7, "c", 1, {"one", "two"});
    desk.deliver(8, "d", 1, {"other"});
    desk.deliver(7, "c", 3, {"three"});
    desk.outbox.end_turn();
    REQUIRE(desk.sent.size() == 2);
    CHECK(desk.sent[0].find("onetwothree") != std::string::npos);
    CHECK(desk.sent[1].find("other") != std::string::npos);
}

TEST_CASE("deliveries whose tags do not continue leave in their order, apart") {
    Desk desk;
    desk.deliver(7, "c", 1, {"one"});
    desk.deliver(7, "c", 5, {"five"});
    desk.outbox.end_turn();
    REQUIRE(desk.sent.size() == 2);
    CHECK(desk.sent[0].find("one") != std::string::npos);
    CHECK(desk.sent[1].find("five") != std::string::npos);
}

TEST_CASE("a session that knows no batches gets one message at a time") {
    Desk desk;
    desk.deliver(7, "c", 1, {"one", "two"}, false);
    desk.outbox.end_turn();
    REQUIRE(desk.sent.size() == 2);
    CHECK(count_of(desk.sent[0], "messages") == 0);
}

TEST_CASE("a batch is cut where its body reaches the size of a frame") {
    Desk desk({1 << 20, 100});
    for (std::uint64_t tag = 1; tag <= 30; ++tag) desk.deliver(7, "c", tag, {std::string(10, 'x')});
    desk.outbox.end_turn();
    CHECK(desk.sent.size() == 3);
}

TEST_CASE("an answer comes after what was held back for its connection, and only for that") {
    Desk desk;
    desk.outbox.confirm({peer, 1, 1, 1, true});
    desk.outbox.confirm({other, 1, 1, 1, true});
    desk.outbox.answer(peer, {9, wire::Pong{}});
    REQUIRE(desk.sent.size() == 2);
    CHECK(desk.sent[0].find("confirm") != std::string::npos);
    CHECK(desk.sent[1].find("pong") != std::string::npos);
    desk.outbox.end_turn();
    CHECK(desk.sent.size() == 3);
}

TEST_CASE("what a full pipe does not take waits in order, and is told once") {
    Desk desk;
    desk.state = net::Sent::would_block;
    desk.outbox.answer(peer, {1, wire::Pong{}});
    desk.deliver(7, "c", 1, {"payload"});
    desk.outbox.end_turn();
    CHECK(desk.news() == std::vector{Kind::blocked});
    CHECK(desk.outbox.waiting());
    desk.outbox.retry();
    CHECK(desk.news().empty());

    desk.state = net::Sent::sent;
    desk.outbox.retry();
    CHECK(desk.news() == std::vector{Kind::ready});
    CHECK_FALSE(desk.outbox.waiting());
    REQUIRE(desk.sent.size() == 2);
    CHECK(desk.sent[0].find("pong") != std::string::npos);
    CHECK(desk.sent[1].find("payload") != std::string::npos);
}

TEST_CASE("a peer that is gone is told once, and nothing more is tried") {
    Desk desk;
    desk.state = net::Sent::unreachable;
    desk.outbox.answer(peer, {1, wire::Pong{}});
    desk.outbox.answer(peer, {2, wire::Pong{}});
    CHECK(desk.news() == std::vector{Kind::unreachable});
    desk.state = net::Sent::sent;
    desk.outbox.answer(peer, {3, wire::Pong{}});
    CHECK(desk.sent.empty());
}

TEST_CASE("a peer that goes while its answers wait is told as gone") {
    Desk desk;
    desk.state = net::Sent::would_block;
    desk.outbox.answer(peer, {1, wire::Pong{}});
    desk.state = net::Sent::unreachable;
    desk.outbox.retry();
    CHECK(desk.news() == std::vector{Kind::blocked, Kind::unreachable});
    CHECK_FALSE(desk.outbox.waiting());
}

TEST_CASE("a peer that does not read its answers is given up at the bound, others are not") {
    Desk desk({1000, 1000});
    desk.state = net::Sent::would_block;
    for (std::uint64_t id = 1; id <= 1000; ++id) desk.outbox.answer(peer, {id, wire::Pong{}});
    desk.outbox.answer(other, {1, wire::Pong{}});
    CHECK(desk.news() == std::vector{Kind::blocked, Kind::overfull, Kind::blocked});
    desk.state = net::Sent::sent;
    desk.outbox.retry();
    CHECK(desk.sent.size() == 1);
}

TEST_CASE("closing a connection throws away what waits for it") {
    Desk desk;
    desk.state = net::Sent::would_block;
    desk.outbox.answer(peer, {1, wire::Pong{}});
    desk.outbox.confirm({peer, 1, 1, 1, true});
    desk.outbox.close(peer);
    desk.state = net::Sent::sent;
    desk.outbox.end_turn();
    desk.outbox.retry();
    CHECK(desk.sent.empty());
    CHECK_FALSE(desk.outbox.waiting());
}

}  // namespace
}  // namespace zex::shell
