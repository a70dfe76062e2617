#include "broker/core/queue.h"

#include <algorithm>
#include <utility>

#include "broker/core/exchange.h"
#include "broker/core/storage.h"
#include "common/base/check.h"

namespace zex::core {

bool BindingEnd::operator<(const BindingEnd& other) const {
    if (exchange != other.exchange) return exchange->name < other.exchange->name;
    return key < other.key;
}

Queue::Queue(QueueId id_, std::string name_, const QueueOptions& options_, SessionId owner_,
             MemoryGauge& memory, Storage* storage)
    : id(id_), name(std::move(name_)), options(options_), owner(owner_), memory_(memory) {
    if (!options.durable) return;
    ZEX_CHECK(storage != nullptr);
    durable_ = std::make_unique<DurableState>(*this, *storage, options.durability);
}

Queue::~Queue() {
    gone_ = true;
    drop_ready();
}

Message& Queue::push(const HeadingRef& heading, const Arrival& arrival, Instant now) {
    Message& message = fresh_.push();
    message.heading = heading;
    chunks_.store(arrival, message);
    message.enqueued = now;
    memory_.add(message);
    return message;
}

void Queue::enqueue(const HeadingRef& heading, const Arrival& arrival, Instant now) {
    Message& message = push(heading, arrival, now);
    message.sequence = next_sequence_++;
    bytes_ += message.bytes();
    ++counters_.published;
    in_.add(1, now);
}

std::uint64_t Queue::make_room(std::uint64_t bytes) {
    ZEX_CHECK(options.drops_head && !options.durable);
    std::uint64_t count = 0;
    for (; !has_room(bytes) && ready() > 0; ++count) {
        if (!returned_.empty()) {
            forget(returned_.extract(returned_.begin()).mapped());
        } else {
            forget(fresh_.front());
            fresh_.pop();
        }
    }
    counters_.dropped += count;
    return count;
}

void Queue::enqueue_stored(const HeadingRef& heading, const Arrival& arrival, Instant now) {
    const std::uint64_t bytes = arrival.size() + heading->properties.size();
    if (durable_->has_memory_for(bytes)) {
        push(heading, arrival, now).sequence = next_sequence_;
        durable_->entered_memory(bytes);
    } else {
        durable_->backlog.push(next_sequence_);
        durable_->backlog_bytes += bytes;
    }
    ++next_sequence_;
    bytes_ += bytes;
    ++counters_.published;
    in_.add(1, now);
}

bool Queue::load(std::uint64_t sequence, const HeadingRef& heading, const Arrival& arrival,
                 Instant enqueued) {
    if (durable_->backlog.empty() || durable_->backlog.front() != sequence) return false;
    Message& message = push(heading, arrival, enqueued);
    message.sequence = sequence;
    message.deliveries = sequence < durable_->delivered_before_restart ? 1 : 0;
    durable_->backlog.pop();
    // After a restart the backlog's bytes are an estimate, which is put right here.
    const std::uint64_t counted = std::min(durable_->backlog_bytes, message.bytes());
    durable_->backlog_bytes -= counted;
    bytes_ += message.bytes() - counted;
    if (durable_->backlog.empty()) bytes_ -= std::exchange(durable_->backlog_bytes, 0);
    durable_->entered_memory(message.bytes());
    return true;
}

bool Queue::lose(std::uint64_t sequence) {
    const std::size_t messages = durable_->backlog.size();
    if (!durable_->backlog.take(sequence)) return false;
    const std::uint64_t bytes = durable_->backlog_bytes / messages;  // its own are not known
    durable_->backlog_bytes -= bytes;
    bytes_ -= bytes;
    ++counters_.dropped;
    durable_->settle({sequence, sequence});
    return true;
}

void Queue::restore(const facts::QueueDeclared& declared,
                    const std::vector<facts::SequenceRange>& messages, std::uint64_t bytes) {
    for (const facts::SequenceRange& range : messages) durable_->backlog.push(range);
    durable_->backlog_bytes = bytes_ = bytes;
    durable_->restore(declared.next_sequence, declared.offered);
    next_sequence_ = declared.next_sequence;
}

std::uint64_t Queue::next_fresh() const {
    if (!fresh_.empty()) return fresh_.front().sequence;
    if (durable_ && !durable_->backlog.empty()) return durable_->backlog.front();
    return next_sequence_;
}

Message Queue::take() {
    ZEX_CHECK(has_deliverable());
    ++unacked_;
    if (!returned_.empty()) return std::move(returned_.extract(returned_.begin()).mapped());
    Message message = std::move(fresh_.front());
    fresh_.pop();
    if (durable_) durable_->left_memory(message.bytes());
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
    if (durable_ && !gone_) durable_->settle({message.sequence, message.sequence});
}

void Queue::drop_ready() {
    for (const auto& [sequence, message] : returned_) forget(message);
    fresh_.each([this](const Message& message) {
        if (durable_) durable_->left_memory(message.bytes());
        forget(message);
        return true;
    });
    returned_.clear();
    fresh_.clear();
    if (!durable_) return;
    for (const facts::SequenceRange& range : durable_->backlog.take_all()) {
        if (!gone_) durable_->settle(range);
    }
    bytes_ -= std::exchange(durable_->backlog_bytes, 0);
}

}  // namespace zex::core
