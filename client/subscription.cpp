#include "client/subscription.h"

#include <algorithm>
#include <utility>

#include "client/callbacks.h"

namespace zex {
namespace {

std::size_t bytes_of(const DeliveryFactory::Frame& frame) {
    std::size_t bytes = sizeof frame + frame.ends.capacity() * sizeof(std::uint32_t) +
                        frame.headings.capacity() * sizeof(DeliveryFactory::Frame::Heading);
    for (const net::Frame& part : frame.frames) bytes += part.size();
    return bytes;
}

}  // namespace

Subscription::Subscription(std::string name, std::shared_ptr<SettleBuffer> settles, Terms terms,
                           std::shared_ptr<InboxBudget> budget)
    : name_(std::move(name)),
      settles_(std::move(settles)),
      terms_(std::move(terms)),
      budget_(std::move(budget)) {}

/// The budget has what the credit does not explain.
void Subscription::count(std::size_t bytes_before, std::size_t bytes_after) {
    const std::size_t free = settles_ != nullptr ? terms_.credit_bytes : 0;
    const std::size_t before = bytes_before > free ? bytes_before - free : 0;
    const std::size_t after = bytes_after > free ? bytes_after - free : 0;
    if (after > before) budget_->add(after - before);
    if (before > after) budget_->remove(before - after);
    unread_bytes_ = bytes_after;
}

bool Subscription::deliver(std::shared_ptr<const DeliveryFactory::Frame> frame) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    const std::size_t bytes = bytes_of(*frame);
    count(unread_bytes_, unread_bytes_ + bytes);
    chunks_.push_back({std::move(frame), 0, bytes});
    if (terms_.on_delivery) return !std::exchange(scheduled_, true);
    changed_.notify_one();
    return false;
}

void Subscription::new_generation() {
    if (settles_ == nullptr) return;  // settled by being sent: these do not come again
    const std::lock_guard lock(mutex_);
    count(unread_bytes_, 0);
    chunks_.clear();
}

void Subscription::drop_unread() {
    count(unread_bytes_, 0);
    for (const Chunk& chunk : chunks_) {
        if (settles_ == nullptr) continue;
        const wire::TagRange tags{chunk.frame->first_tag + chunk.next,
                                  chunk.frame->first_tag + chunk.frame->size() - 1};
        // Refused only where the client is closed, and then the broker takes all back anyway.
        (void)settles_->add(chunk.frame->generation, tags, wire::Settlement::requeue);
    }
    chunks_.clear();
}

void Subscription::end(const Error& why, bool keep_unread) {
    const std::lock_guard lock(mutex_);
    if (!ended_) ended_ = why;
    closed_ = true;
    if (!keep_unread) drop_unread();
    changed_.notify_all();
}

Subscription::Part Subscription::take(std::size_t most) {
    Chunk& chunk = chunks_.front();
    const std::size_t first = chunk.next;
    const std::size_t all = chunk.frame->size();
    chunk.next += std::min(most, all - first);
    if (chunk.next < all) return {chunk.frame, first, chunk.next};
    count(unread_bytes_, unread_bytes_ - chunk.bytes);
    Part out{std::move(chunk.frame), first, all};
    chunks_.pop_front();
    return out;
}

bool Subscription::ready() const {
    const std::lock_guard lock(mutex_);
    return is_ready();
}

bool Subscription::waited_for() const {
    const std::lock_guard lock(mutex_);
    return waiters_ > 0;
}

/// Until a chunk is there. An error says why there is none.
Status Subscription::wait(std::unique_lock<std::mutex>& lock, std::optional<Duration> longest,
                          const Lead& lead) {
    const auto ready = [this] { return is_ready(); };
    if (!ready() && (!longest || longest->count() > 0)) {
        const Instant until = longest ? SteadyClock().now() + *longest : Instant::max();
        if (lead) {
            lock.unlock();
            lead(until);
            lock.lock();
        }
        ++waiters_;
        if (longest) {
            changed_.wait_until(lock, time_point(until), ready);
        } else {
            changed_.wait(lock, ready);
        }
        --waiters_;
    }
    if (!chunks_.empty()) return {};
    if (ended_) return *ended_;
    return error(ErrorCode::timed_out, "no delivery came to consumer '" + name_ + "' in time");
}

Result<Delivery> Subscription::next(std::optional<Duration> longest, const Lead& lead) {
    std::unique_lock lock(mutex_);
    if (Status waited = wait(lock, longest, lead); !waited) return waited.error();
    Part one = take(1);
    return DeliveryFactory::delivery(std::move(one.frame), one.first);
}

Result<Deliveries> Subscription::next_batch(std::size_t most, std::optional<Duration> longest,
                                            const Lead& lead) {
    std::unique_lock lock(mutex_);
    if (Status waited = wait(lock, longest, lead); !waited) return waited.error();
    Part all = take(std::max<std::size_t>(most, 1));
    return DeliveryFactory::deliveries(std::move(all.frame), all.first, all.last);
}

bool Subscription::run_callbacks() {
    constexpr int most_in_a_row = 64;
    for (int i = 0; i < most_in_a_row; ++i) {
        std::optional<Delivery> delivery;
        {
            const std::lock_guard lock(mutex_);
            calling_.reset();
            changed_.notify_all();
            if (!silent_ && !chunks_.empty()) {
                Part one = take(1);
                delivery = DeliveryFactory::delivery(std::move(one.frame), one.first);
            }
            if (!delivery) {
                scheduled_ = false;
                return false;
            }
            calling_ = std::this_thread::get_id();
        }
        call(*delivery);
    }
    const std::lock_guard lock(mutex_);
    calling_.reset();
    changed_.notify_all();
    return true;
}

void Subscription::call(Delivery& delivery) {
    try {
        terms_.on_delivery(delivery);
    } catch (...) {
        const Error why = callback_error(std::current_exception());
        {
            const std::lock_guard lock(mutex_);
            if (!ended_) ended_ = why;
            silent_ = true;
        }
        if (terms_.on_failure) terms_.on_failure(why, delivery);
    }
}

bool Subscription::silence(Instant deadline) {
    std::unique_lock lock(mutex_);
    silent_ = true;
    const auto quiet = [this] { return !calling_ || calling_ == std::this_thread::get_id(); };
    if (deadline == Instant::max()) {
        changed_.wait(lock, quiet);
        return true;
    }
    return changed_.wait_until(lock, time_point(deadline), quiet);
}

}  // namespace zex
