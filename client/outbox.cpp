#include "client/outbox.h"

#include <algorithm>
#include <string>
#include <utility>

#include "client/closed_error.h"
#include "client/message_fields.h"
#include "client/now.h"
#include "client/publish_tally.h"
#include "common/base/text.h"

namespace zex {
namespace {

Instant deadline_of(const Outbox::Item& item) {
    if (const auto* batch = std::get_if<std::shared_ptr<Batch>>(&item)) return (*batch)->deadline();
    return std::get<Call>(item).deadline;
}

}  // namespace

// Nothing is announced here: whoever opened the batch has done that, and the socket thread does not
// sleep while it could take it.
bool Outbox::append(const BatchTerms& terms, std::string_view key, const Message& message) {
    if (!is_plain(message)) return false;
    const std::lock_guard lock(mutex_);
    if (open_ == nullptr || !has_room(terms, message.payload.bytes.size()) ||
        !open_->takes(terms, message, limits_)) {
        return false;
    }
    if (key != open_->last_key() && check_key(key, "key")) return false;
    add(*open_, terms, key, message, {});
    return true;
}

Status Outbox::post(const BatchTerms& terms, std::string_view key, const Message& message,
                    std::string_view own) {
    std::unique_lock lock(mutex_);
    Result<Batch*> batch = room(lock, terms, message);
    if (!batch) return batch.error();
    add(**batch, terms, key, message, own);
    announce(**batch, lock);
    return {};
}

std::future<Result<Confirmed>> Outbox::publish(const BatchTerms& terms, std::string_view key,
                                               const Message& message, std::string_view own) {
    std::unique_lock lock(mutex_);
    Result<Batch*> batch = room(lock, terms, message);
    if (!batch) {
        std::promise<Result<Confirmed>> refused;
        refused.set_value(batch.error());
        return refused.get_future();
    }
    add(**batch, terms, key, message, own);
    std::future<Result<Confirmed>> future = (*batch)->add_promise();
    announce(**batch, lock);
    return future;
}

void Outbox::add(Batch& batch, const BatchTerms& terms, std::string_view key,
                 const Message& message, std::string_view own) {
    bytes_ += batch.add(key, message, own);
    if (!terms.confirmed) return;
    ++published_;
    if (terms.tally != nullptr) terms.tally->issue();
}

/// Once for a batch, when it is there with its first message.
void Outbox::announce(const Batch& batch, std::unique_lock<std::mutex>& lock) {
    const bool opened = batch.size() == 1;
    lock.unlock();
    if (opened) announce_();
}

bool Outbox::has_room(const BatchTerms& terms, std::size_t bytes) const {
    // A message larger than the whole bound may go when nothing else waits.
    if (bytes_ > 0 && bytes_ + bytes > bounds_.bytes) return false;
    return !terms.confirmed || published_ - settled_ < bounds_.unconfirmed;
}

Result<Batch*> Outbox::room(std::unique_lock<std::mutex>& lock, const BatchTerms& terms,
                            const Message& message) {
    if (closed_) return closed_error();
    const std::size_t bytes = message.payload.bytes.size();
    if (bytes > limits_.message_bytes) {
        return error(ErrorCode::message_too_large,
                     "the payload has " + std::to_string(bytes) + " bytes, the broker takes " +
                         std::to_string(limits_.message_bytes) +
                         "; send it in pieces or raise limits.message_bytes_max");
    }
    if (open_ != nullptr && has_room(terms, bytes) && open_->takes(terms, message, limits_)) {
        return open_;
    }
    return open_batch(lock, terms, message);
}

Result<Batch*> Outbox::open_batch(std::unique_lock<std::mutex>& lock, const BatchTerms& terms,
                                  const Message& message) {
    const std::size_t bytes = message.payload.bytes.size();
    Instant opened = now();
    if (!has_room(terms, bytes)) {
        ++waiters_;
        const bool in_time = changed_.wait_until(lock, time_point(opened + terms.timeout),
                                                 [&] { return closed_ || has_room(terms, bytes); });
        --waiters_;
        if (closed_) return closed_error();
        if (!in_time) {
            return error(ErrorCode::outbox_full,
                         std::to_string(bytes_) + " bytes and " +
                             std::to_string(published_ - settled_) +
                             " unconfirmed messages are under way; the broker is slow or away, try "
                             "again later");
        }
        opened = now();
    }
    // While this thread waited, another one may have opened a batch that fits.
    if (open_ != nullptr && open_->takes(terms, message, limits_)) return open_;
    shut_open();
    auto batch = std::make_shared<Batch>(terms, message, opened);
    prepare(*batch);
    open_ = batch.get();
    items_.emplace_back(std::move(batch));
    return open_;
}

/// A batch is expected to become as large as the last one.
void Outbox::prepare(Batch& batch) {
    constexpr std::size_t pooled_from = 64 * 1024;
    if (last_bytes_ < pooled_from) {
        pool_.clear();
        batch.reserve(last_messages_, {});
    } else {
        batch.reserve(last_messages_, pool_.take(limits_.bytes));
    }
}

void Outbox::shut_open() {
    if (open_ == nullptr) return;
    last_messages_ = open_->size();
    last_bytes_ = open_->body_bytes();
    open_ = nullptr;
}

Status Outbox::push(Call call) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return closed_error();
        if (calls_ >= bounds_.calls) {
            return error(ErrorCode::outbox_full, "too many requests wait to be sent");
        }
        ++calls_;
        shut_open();
        items_.emplace_back(std::move(call));
    }
    announce_();
    return {};
}

bool Outbox::wait_confirmed(Instant deadline) {
    std::unique_lock lock(mutex_);
    const std::uint64_t goal = published_;
    ++waiters_;
    const bool in_time = changed_.wait_until(lock, time_point(deadline),
                                             [&] { return closed_ || settled_ >= goal; });
    --waiters_;
    return in_time && settled_ >= goal;
}

void Outbox::set_limits(const BatchLimits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
}

bool Outbox::take(std::vector<Item>& into, std::size_t bytes) {
    into.clear();
    const std::lock_guard lock(mutex_);
    std::size_t taken = 0;
    while (!items_.empty() && taken < bytes) {
        Item& item = items_.front();
        if (const auto* batch = std::get_if<std::shared_ptr<Batch>>(&item)) {
            taken += (*batch)->cost();
            if (batch->get() == open_) shut_open();
        } else {
            --calls_;
        }
        into.push_back(std::move(item));
        items_.pop_front();
    }
    return !into.empty();
}

void Outbox::put_back(std::shared_ptr<Batch> batch) {
    const std::lock_guard lock(mutex_);
    items_.emplace_front(std::move(batch));
}

bool Outbox::empty() const {
    const std::lock_guard lock(mutex_);
    return items_.empty();
}

std::vector<Outbox::Item> Outbox::expire(Instant now) {
    std::vector<Item> out;
    const std::lock_guard lock(mutex_);
    std::deque<Item> kept;
    for (Item& item : items_) {
        if (deadline_of(item) > now) {
            kept.push_back(std::move(item));
            continue;
        }
        if (const auto* batch = std::get_if<std::shared_ptr<Batch>>(&item)) {
            if (batch->get() == open_) shut_open();
        } else {
            --calls_;
        }
        out.push_back(std::move(item));
    }
    items_ = std::move(kept);
    return out;
}

std::optional<Instant> Outbox::next_deadline() const {
    const std::lock_guard lock(mutex_);
    std::optional<Instant> first;
    for (const Item& item : items_) {
        const Instant deadline = deadline_of(item);
        if (!first || deadline < *first) first = deadline;
    }
    return first;
}

void Outbox::release(const Batch& batch) {
    const std::lock_guard lock(mutex_);
    bytes_ -= batch.cost();
    if (waiters_ > 0) changed_.notify_all();
}

void Outbox::settled(std::uint64_t messages) {
    const std::lock_guard lock(mutex_);
    settled_ += messages;
    if (waiters_ > 0) changed_.notify_all();
}

std::vector<Outbox::Item> Outbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    open_ = nullptr;
    std::vector<Item> out(std::make_move_iterator(items_.begin()),
                          std::make_move_iterator(items_.end()));
    items_.clear();
    changed_.notify_all();
    return out;
}

}  // namespace zex
