#include "broker/core/queue.h"

#include <algorithm>
#include <utility>

#include "broker/core/storage.h"
#include "common/base/check.h"

namespace zex::core {

Queue::Queue(QueueId id_, std::string name_, const QueueOptions& options_, SessionId owner_,
             MemoryGauge& memory, Storage* storage)
    : id(id_), name(std::move(name_)), options(options_), owner(owner_), memory_(memory) {
    if (!options.durable) return;
    ZEX_CHECK(storage != nullptr);
    shelf_ = std::make_unique<Shelf>(*storage, options.durability);
}

Queue::~Queue() {
    gone_ = true;
    drop_ready();
    if (shelf_) shelf_->storage.forget(*this);
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

bool Queue::keeps_in_memory(std::uint64_t bytes) const {
    const std::uint64_t here = shelf_->memory_bytes + bytes;
    if (!shelf_->backlog.empty()) return false;
    return here <= shelf_window_bytes ||
           (here <= shelf_memory_bytes &&
            shelf_->storage.memory_bytes < shelf_->storage.memory_most);
}

void Queue::enqueue_stored(const HeadingRef& heading, const Arrival& arrival, Instant now,
                           facts::Place place) {
    const std::uint64_t bytes = arrival.size() + heading->properties.size();
    if (keeps_in_memory(bytes)) {
        Message& message = push(heading, arrival, now);
        message.sequence = next_sequence_;
        message.place = place;
        count_in_memory(message);
    } else {
        shelf_->backlog.push({next_sequence_, place});
        shelf_->backlog_bytes += bytes;
    }
    ++next_sequence_;
    bytes_ += bytes;
    ++counters_.published;
    in_.add(1, now);
}

bool Queue::load(std::uint64_t sequence, const HeadingRef& heading, const Arrival& arrival,
                 Instant now) {
    if (shelf_->backlog.empty() || shelf_->backlog.front().sequence != sequence) return false;
    Message& message = push(heading, arrival, now);
    message.sequence = sequence;
    message.place = shelf_->backlog.front().place;
    message.deliveries = sequence < shelf_->delivered_before_restart ? 1 : 0;
    shelf_->backlog.pop();
    // After a restart the backlog's bytes are an estimate, which is put right here.
    const std::uint64_t counted = std::min(shelf_->backlog_bytes, message.bytes());
    shelf_->backlog_bytes -= counted;
    bytes_ += message.bytes() - counted;
    if (shelf_->backlog.empty()) bytes_ -= std::exchange(shelf_->backlog_bytes, 0);
    count_in_memory(message);
    return true;
}

std::optional<facts::Place> Queue::lose(std::uint64_t sequence) {
    const std::size_t messages = shelf_->backlog.size();
    const auto place = shelf_->backlog.take(sequence);
    if (!place) return std::nullopt;
    const std::uint64_t bytes = shelf_->backlog_bytes / messages;  // its own are not known
    shelf_->backlog_bytes -= bytes;
    bytes_ -= bytes;
    ++counters_.dropped;
    let_go(sequence, *place);
    return place;
}

void Queue::restore(const facts::QueueDeclared& declared,
                    const std::vector<Backlog::Entry>& messages, std::uint64_t bytes) {
    for (const Backlog::Entry& entry : messages) shelf_->backlog.push(entry);
    shelf_->backlog_bytes = bytes_ = bytes;
    shelf_->restore(declared.next_sequence, declared.offered);
    next_sequence_ = declared.next_sequence;
}

std::uint64_t Queue::next_fresh() const {
    if (!fresh_.empty()) return fresh_.front().sequence;
    if (shelf_ && !shelf_->backlog.empty()) return shelf_->backlog.front().sequence;
    return next_sequence_;
}

Message Queue::take() {
    ZEX_CHECK(has_deliverable());
    ++unacked_;
    if (!returned_.empty()) return std::move(returned_.extract(returned_.begin()).mapped());
    Message message = std::move(fresh_.front());
    fresh_.pop();
    if (shelf_) count_out_of_memory(message);
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
    if (shelf_) let_go(message.sequence, message.place);
}

/// The message of a durable queue is no longer needed, which is written down with the others of
/// this turn.
void Queue::let_go(std::uint64_t sequence, facts::Place place) {
    shelf_->storage.segments.let_go(place);
    if (gone_) return;
    if (!shelf_->has_settled()) shelf_->storage.settled_in(*this);
    shelf_->settle(sequence);
}

void Queue::count_in_memory(const Message& message) {
    shelf_->memory_bytes += message.bytes();
    shelf_->storage.memory_bytes += message.bytes();
}

void Queue::count_out_of_memory(const Message& message) {
    shelf_->memory_bytes -= message.bytes();
    shelf_->storage.memory_bytes -= message.bytes();
}

void Queue::drop_ready() {
    for (const auto& [sequence, message] : returned_) forget(message);
    fresh_.each([this](const Message& message) {
        if (shelf_) count_out_of_memory(message);
        forget(message);
        return true;
    });
    returned_.clear();
    fresh_.clear();
    if (!shelf_) return;
    for (const Backlog::Entry& entry : shelf_->backlog.take_all()) {
        let_go(entry.sequence, entry.place);
    }
    bytes_ -= std::exchange(shelf_->backlog_bytes, 0);
}

}  // namespace zex::core
