#include "broker/core/queue.h"

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

constexpr Instant now{std::chrono::seconds(1)};

struct Fixture {
    MemoryGauge memory;
    QueueOptions options{false, false, 10, 1000};
    HeadingRef heading = HeadingRef::make("logs", "info", "");

    void put(Queue& queue, std::string_view payload) const {
        queue.enqueue(heading, Arrival{{}, payload, {}}, now);
    }
    static std::string order(const Queue& queue) {
        std::string all;
        for (const Message* message : queue.first_ready(100)) all += message->payload();
        return all;
    }
};

std::vector<Message> list(Message&& first) {
    std::vector<Message> messages;
    messages.push_back(std::move(first));
    return messages;
}

}  // namespace

TEST_CASE("a queue gives its messages in the order of their arrival", "[queue]") {
    Fixture f;
    Queue queue(QueueId(1), "q", f.options, {}, f.memory);
    for (const char* payload : {"a", "b", "c"}) f.put(queue, payload);
    CHECK(queue.take().payload() == "a");
    CHECK(queue.take().payload() == "b");
    CHECK(queue.ready() == 1);
    CHECK(queue.unacked() == 2);
    CHECK(queue.messages() == 3);
}

TEST_CASE("requeued messages return to their place, whatever the order they come back in",
          "[queue]") {
    Fixture f;
    Queue queue(QueueId(1), "q", f.options, {}, f.memory);
    for (const char* payload : {"a", "b", "c", "d", "e"}) f.put(queue, payload);
    Message a = queue.take(), b = queue.take(), c = queue.take(), d = queue.take();
    queue.requeue(list(std::move(c)));
    CHECK(Fixture::order(queue) == "ce");
    std::vector<Message> back = list(std::move(d));
    back.push_back(std::move(a));
    queue.requeue(std::move(back));
    CHECK(Fixture::order(queue) == "acde");
    CHECK(queue.head()->payload() == "a");
    queue.requeue(list(std::move(b)));
    CHECK(Fixture::order(queue) == "abcde");
    CHECK(queue.unacked() == 0);
    std::string taken;
    while (queue.ready() > 0) taken += queue.take().payload();
    CHECK(taken == "abcde");
}

TEST_CASE("room is counted in messages and in bytes, ready and unacked", "[queue]") {
    Fixture f;
    f.options.max_messages = 2;
    f.options.max_bytes = 10;
    Queue queue(QueueId(1), "q", f.options, {}, f.memory);
    CHECK(queue.has_room(10));
    CHECK_FALSE(queue.has_room(11));
    f.put(queue, "12345678");
    CHECK(queue.has_room(2));
    CHECK_FALSE(queue.has_room(3));
    const Message taken = queue.take();
    CHECK_FALSE(queue.has_room(3));
    f.put(queue, "");
    CHECK_FALSE(queue.has_room(0));
    CHECK(queue.is_full());
    queue.acked(taken, now);
    CHECK(queue.has_room(10));
}

TEST_CASE("properties that messages share are counted to each of them", "[queue]") {
    Fixture f;
    f.heading = HeadingRef::make("logs", "info", "0123456789");
    Queue queue(QueueId(1), "q", f.options, {}, f.memory);
    queue.enqueue(f.heading, Arrival{"own", "payload", {}}, now);
    CHECK(queue.bytes() == 20);
    CHECK(f.memory.bytes == 20 + 8 + message_overhead_bytes);
}

TEST_CASE("the memory gauge is back at 0 when all messages have gone, each in its way", "[queue]") {
    Fixture f;
    {
        Queue queue(QueueId(1), "q", f.options, {}, f.memory);
        for (const char* payload : {"a", "bb", "ccc", "dddd", "eeeee", "ffffff"}) {
            f.put(queue, payload);
        }
        const Message acked = queue.take();
        const Message dropped = queue.take();
        Message requeued = queue.take();
        queue.acked(acked, now);
        queue.dropped(dropped);
        queue.requeue(list(std::move(requeued)));
        const Message again = queue.take();
        CHECK(queue.purge() == 3);
        CHECK(queue.bytes() == 3);
        CHECK(f.memory.bytes == MemoryGauge::cost(again));
        queue.acked(again, now);
        CHECK(f.memory.bytes == 0);
        f.put(queue, "left behind");
        f.put(queue, "left behind too");
        queue.requeue(list(queue.take()));
    }
    CHECK(f.memory.bytes == 0);
}

TEST_CASE("a message that is out when its queue goes stays in the memory gauge", "[queue]") {
    Fixture f;
    Message out;
    {
        Queue queue(QueueId(1), "q", f.options, {}, f.memory);
        f.put(queue, "out");
        f.put(queue, "ready");
        out = queue.take();
    }
    CHECK(f.memory.bytes == MemoryGauge::cost(out));
    f.memory.remove(out);
    CHECK(f.memory.bytes == 0);
}

TEST_CASE("a queue counts what was published, delivered, acked and dropped", "[queue]") {
    Fixture f;
    Queue queue(QueueId(1), "q", f.options, {}, f.memory);
    for (const char* payload : {"a", "b", "c"}) f.put(queue, payload);
    queue.acked(queue.take(), now);
    queue.dropped(queue.take());
    queue.count_deliveries(2, 1, now);
    queue.purge();
    CHECK(queue.counters().published == 3);
    CHECK(queue.counters().delivered == 2);
    CHECK(queue.counters().redelivered == 1);
    CHECK(queue.counters().acked == 1);
    CHECK(queue.counters().dropped == 2);
}

}  // namespace zex::core
