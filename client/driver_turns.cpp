// Who drives, and who sleeps meanwhile.
#include <algorithm>
#include <array>
#include <span>
#include <thread>

#include "client/driver.h"
#include "client/now.h"
#include "common/net/wait.h"

namespace zex {
namespace {

constexpr Duration retry_blocked = std::chrono::milliseconds(1);
constexpr Duration pause_before_at_once = std::chrono::microseconds(50);
constexpr Duration lease = std::chrono::milliseconds(1);
constexpr Duration no_limit = std::chrono::hours(1);

/// Looks for a time whether one is ready, then sleeps.
void wait(std::span<net::WaitItem> items, Duration longest, Duration look) {
    if (look.count() > 0) {
        const Instant until = now() + std::min(look, longest);
        do {
            net::wait_readable(items, Duration{0});
            const auto ready = [](const net::WaitItem& item) { return item.ready; };
            if (std::any_of(items.begin(), items.end(), ready)) return;
            std::this_thread::yield();
        } while (now() < until);
        longest -= std::min(look, longest);
    }
    net::wait_readable(items, longest);
}

}  // namespace

void Driver::stop() {
    stop_.store(true);
    parts_.bell.ring();
}

void Driver::run() {
    Turn turn(turn_);
    session_.start(now());
    perform();
    while (!finished_) {
        if (stop_.load()) {
            session_.finish(error(ErrorCode::client_closed, "the client was closed"));
            perform();
        } else if (led_) {
            stand_by(turn);
        } else if (!step()) {
            sleep(turn, bed_, Instant::max());
        }
    }
    parts_.bell.ring();  // who leads has nothing to wait for any more
}

// A thread that publishes without a pause had better wake another one, and fill batches while that
// one sends.
void Driver::announce() {
    const Instant time = now();
    if (time < sent_at_once_.load(std::memory_order_relaxed) + pause_before_at_once) {
        return parts_.bell.ring();
    }
    sent_at_once_.store(time, std::memory_order_relaxed);
    const Turn turn(turn_, std::try_to_lock);
    if (!turn) return parts_.bell.ring();
    gather();
    send();
    const bool came = read();
    // Who sleeps does not know of what is new.
    if (may_watch_ || may_read_ || has_work() || !to_send_.empty() || (came && leading_) ||
        next_deadline() < sleeps_until_) {
        parts_.bell.ring();
    }
}

void Driver::lead(Subscription& consumer, Instant until) {
    Turn turn(turn_);
    if (leading_ || !may_lead()) return;
    leading_ = true;
    ++changes_;
    if (!std::exchange(led_, true)) parts_.bell.ring();
    while (!consumer.ready() && !stop_.load() && !finished_ && now() < until) {
        if (!step()) sleep(turn, lead_bed_, until);
    }
    stop_leading(consumer);
}

void Driver::stop_leading(const Subscription& consumer) {
    leading_ = false;
    ++changes_;
    if (!may_lead() || consumer.waited_for()) {
        led_ = false;
        return bed_.ring();
    }
    sleeps_until_ = {};
    parts_.bell.going_to_sleep(bed_);
    if (has_work() || !to_send_.empty()) {
        parts_.bell.ring();
    } else if (deep_) {
        bed_.ring();
    }
}

/// Nobody but one consumer waits for anything.
bool Driver::may_lead() const {
    return !finished_ && !stop_.load() && session_.open() && session_.idle() &&
           parts_.subscriptions.size() == 1;
}

void Driver::stand_by(Turn& turn) {
    const std::uint64_t changes = changes_;
    const auto sleep_at_most = [&](Duration longest) {
        std::array<net::WaitItem, 1> items{{{bed_.fd()}}};
        turn.unlock();
        net::wait_readable(items, longest);
        turn.lock();
        if (items[0].ready) bed_.clear();
    };
    sleep_at_most(lease);
    if (leading_ && changes_ == changes) {
        deep_ = true;
        sleep_at_most(no_limit);
        deep_ = false;
    } else if (!leading_ && (changes_ == changes || !parts_.bell.sleeps_in(bed_))) {
        led_ = false;
    }
}

bool Driver::has_work() const {
    return session_.open() && to_send_.empty() &&
           (!parts_.subscriptions.nothing_to_settle() || !parts_.outbox.empty());
}

Instant Driver::next_deadline() const {
    const Instant first = session_.next_deadline().value_or(Instant::max());
    return std::min(first, parts_.outbox.next_deadline().value_or(Instant::max()));
}

void Driver::sleep(Turn& turn, const net::Wakeup& bed, Instant until) {
    parts_.bell.going_to_sleep(bed);
    if (!has_work() && !stop_.load()) {
        sleeps_until_ = std::min(until, next_deadline());
        Duration longest = sleeps_until_ == Instant::max() ? no_limit : sleeps_until_ - now();
        if (!to_send_.empty()) longest = std::min(longest, retry_blocked);
        std::array<net::WaitItem, 4> items{};
        items[0].fd = bed.fd();
        if (link_) items[1].fd = link_->events_fd();
        if (link_ && !must_not_read()) items[2].fd = link_->dealer_fd();
        if (resolver_.is_busy()) items[3].fd = resolver_.fd();
        turn.unlock();
        wait(items, longest, parts_.options.busy_poll);
        turn.lock();
        if (items[0].ready) bed.clear();
        may_watch_ |= items[1].ready;
        may_read_ |= items[2].ready;
    }
    parts_.bell.woken(bed);
}

}  // namespace zex
