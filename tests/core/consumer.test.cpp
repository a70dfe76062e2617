#include "broker/core/consumer.h"

#include <catch2/catch.hpp>

#include "broker/core/limits.h"
#include "broker/core/queue.h"
#include "broker/core/session.h"

namespace zex::core {
namespace {

struct Fixture {
    Fixture() { session.connection = ConnectionId(1); }

    void hold(std::uint32_t size) {
        Message message;
        message.heading = HeadingRef::make("", "q", "");
        message.payload_size = size;
        consumer.unsettled.add(++tag, std::move(message), queue.id, {});
    }

    std::uint64_t tag = 0;
    MemoryGauge memory;
    Queue queue{QueueId(1), "q", {}, {}, memory};
    Session session;
    Consumer consumer{ConsumerId(1), "c", session, queue, {2, 100, false, false}};
};

}  // namespace

TEST_CASE("credit is used up by messages", "[consumer]") {
    Fixture f;
    CHECK(f.consumer.can_take());
    f.hold(1);
    CHECK(f.consumer.can_take());
    f.hold(1);
    CHECK_FALSE(f.consumer.can_take());
    f.consumer.unsettled.take(1);
    CHECK(f.consumer.can_take());
}

TEST_CASE("credit is used up by bytes, which one message may overshoot", "[consumer]") {
    Fixture f;
    f.hold(99);
    CHECK(f.consumer.can_take());
    f.consumer.unsettled.take(1);
    f.hold(1'000'000);
    CHECK_FALSE(f.consumer.can_take());
}

TEST_CASE("without acks no credit is used", "[consumer]") {
    Fixture f;
    f.consumer.options.no_ack = true;
    f.consumer.options.credit = 0;
    CHECK(f.consumer.can_take());
}

TEST_CASE("a consumer takes nothing while its session is away or its pipe is full", "[consumer]") {
    Fixture f;
    f.session.blocked = true;
    CHECK_FALSE(f.consumer.can_take());
    f.session.blocked = false;
    f.session.connection.reset();
    CHECK_FALSE(f.consumer.can_take());
}

TEST_CASE("a cancelled consumer takes nothing", "[consumer]") {
    Fixture f;
    f.consumer.queue = nullptr;
    CHECK_FALSE(f.consumer.can_take());
}

TEST_CASE("a consumer that has had its burst waits, whatever its credit", "[consumer]") {
    Fixture f;
    f.consumer.burst_sent = burst_messages;
    CHECK(f.consumer.has_credit());
    CHECK_FALSE(f.consumer.can_take());
    f.consumer.burst_sent = 0;
    f.consumer.burst_sent_bytes = burst_bytes;
    CHECK_FALSE(f.consumer.can_take());
}

}  // namespace zex::core
