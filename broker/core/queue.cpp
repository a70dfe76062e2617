#include "broker/core/queue.h"

#include <utility>

#include "common/base/check.h"

namespace zex::core {

Queue::Queue(QueueId id_, std::string name_, const QueueOptions& options_, SessionId owner_,
             MemoryGauge& memory)
    : id(id_), name(std::move(name_)), options(options_), owner(owner_), memory_(memory) {}

Queue::~Queue() {
    drop_ready();
}

void Queue::enqueue(const HeadingRef& heading, const Arrival& arrival, Instant now) {
    Message& message = fresh_.push();
    message.heading = heading;
    chunks_.store(arrival, message);
    message.sequence = next_sequence_++;
    message.enqueued = now;
    bytes_ += message.bytes();
    memory_.add(message);
    ++counters_.published;
    in_.add(1, now);
}

Message Queue::take() {
    ZEX_CHECK(ready() > 0);
    ++unacked_;
    if (!returned_.empty()) return std::move(returned_.extract(returned_.begin()).mapped());
    Message message = std::move(fresh_.front());
    fresh_.pop();
    return message;
}

void Queue::requeue(std::vector<Message>&& messages) {
    unacked_ -= messages.size();
    for (Message& message : messages) {
        // The hint is right for messages in their order, which is nearly always so.
        returned_.emplace_hint(returned_.end(), message.sequence, std::move(message));
    }
    messages.clear();
}

std::vector<const Message*> Queue::first_ready(std::uint64_t most) const {
    std::vector<const Message*> list;
    for (auto it = returned_.begin(); it != returned_.end() && list.size() < most; ++it) {
        list.push_back(&it->second);
    }
    fresh_.each([&](const Message& message) {
        if (list.size() >= most) return false;
        list.push_back(&message);
        return true;
    });
    return list;
}

void Queue::acked(const Message& message, Instant now) {
    --unacked_;
    ++counters_.acked;
    ack_.add(1, now);
    forget(message);
}

void Queue::dropped(const Message& message) {
    --unacked_;
    ++counters_.dropped;
    forget(message);
}

std::uint64_t Queue::purge() {
    const std::uint64_t count = ready();
    drop_ready();
    counters_.dropped += count;
    return count;
}

void Queue::count_deliveries(std::uint64_t all, std::uint64_t repeated, Instant now) {
    counters_.delivered += all;
    counters_.redelivered += repeated;
    out_.add(all, now);
}

void Queue::forget(const Message& message) {
    bytes_ -= message.bytes();
    memory_.remove(message);
}

void Queue::drop_ready() {
    for (const auto& [sequence, message] : returned_) forget(message);
    fresh_.each([this](const Message& message) {
        forget(message);
        return true;
    });
    returned_.clear();
    fresh_.clear();
}

}  // namespace zex::core
