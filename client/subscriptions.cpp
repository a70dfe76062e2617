#include "client/subscriptions.h"

#include <utility>

namespace zex {

Subscriptions::Subscriptions(std::shared_ptr<InboxBudget> budget)
    : desk_(std::make_shared<SettleDesk>()),
      budget_(std::move(budget)),
      taken_(std::make_shared<SettleBuffer>("", 0, desk_)) {
    buffers_.push_back(taken_);
}

Result<std::shared_ptr<Subscription>> Subscriptions::add(std::string name,
                                                         Subscription::Terms terms,
                                                         Instant deadline) {
    std::unique_lock lock(mutex_);
    const auto still_leaves = [&] {
        const auto found = by_name_.find(name);
        return found != by_name_.end() && found->second.leaves;
    };
    left_.wait_until(lock, time_point(deadline), [&] { return closed_ || !still_leaves(); });
    if (closed_) return error(ErrorCode::client_closed, "the client is closed; connect a new one");
    // Names are made up here and not by the broker, so that a request can be sent twice.
    while (name.empty()) {
        std::string made = "consumer-" + std::to_string(++names_made_);
        if (!by_name_.contains(made)) name = std::move(made);
    }
    if (by_name_.contains(name)) {
        return error(ErrorCode::consumer_exists,
                     "this client already has a consumer named '" + name + "'");
    }
    std::shared_ptr<SettleBuffer> settles;
    if (!terms.no_ack) {
        settles = std::make_shared<SettleBuffer>(name, generation_, desk_);
        buffers_.push_back(settles);
    }
    auto out = std::make_shared<Subscription>(name, std::move(settles), std::move(terms), budget_);
    by_name_.emplace(std::move(name), Entry{out});
    return out;
}

bool Subscriptions::leave(const std::shared_ptr<Subscription>& subscription) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(subscription->name());
    if (found == by_name_.end() || found->second.subscription != subscription) return false;
    if (std::exchange(found->second.leaves, true)) return false;
    ++leaving_;
    return true;
}

void Subscriptions::remove(const std::shared_ptr<Subscription>& subscription) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(subscription->name());
    if (found == by_name_.end() || found->second.subscription != subscription) return;
    leaving_ -= found->second.leaves ? 1 : 0;
    by_name_.erase(found);
    left_.notify_all();
}

std::size_t Subscriptions::size() const {
    const std::lock_guard lock(mutex_);
    return by_name_.size() - leaving_;
}

std::shared_ptr<Subscription> Subscriptions::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.subscription;
}

std::vector<std::shared_ptr<SettleBuffer>> Subscriptions::buffers() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<SettleBuffer>> out;
    std::erase_if(buffers_, [&](const std::weak_ptr<SettleBuffer>& weak) {
        std::shared_ptr<SettleBuffer> buffer = weak.lock();
        if (buffer == nullptr) return true;
        out.push_back(std::move(buffer));
        return false;
    });
    return out;
}

bool Subscriptions::take_settles(const std::function<void(wire::Settle)>& send) {
    const auto waiting = desk_->take();
    for (const auto& buffer : waiting) {
        for (SettleBuffer::Group& group : buffer->take()) {
            send({buffer->consumer(), std::move(group.tags), group.up_to, group.action});
        }
    }
    return !waiting.empty();
}

void Subscriptions::new_generation(std::uint64_t generation) {
    const auto all = buffers();
    std::vector<std::shared_ptr<Subscription>> subscriptions;
    {
        const std::lock_guard lock(mutex_);
        generation_ = generation;
        for (const auto& [name, entry] : by_name_) subscriptions.push_back(entry.subscription);
    }
    for (const auto& buffer : all) buffer->new_generation(generation);
    for (const auto& subscription : subscriptions) subscription->new_generation();
}

void Subscriptions::end(const std::string& name, const Error& why) {
    const std::shared_ptr<Subscription> subscription = find(name);
    if (subscription == nullptr) return;
    remove(subscription);
    subscription->end(why, true);
}

void Subscriptions::end_all(const Error& why) {
    std::map<std::string, Entry, std::less<>> ended;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        ended.swap(by_name_);
        leaving_ = 0;
        left_.notify_all();
    }
    const auto all = buffers();
    // Closed first: nothing is settled any more, the broker takes all back by itself. What has been
    // announced is not sent either, and would keep its buffer, and through it the desk, for ever.
    for (const auto& buffer : all) buffer->close();
    for (const auto& [name, entry] : ended) entry.subscription->end(why, false);
    desk_->take();
}

}  // namespace zex
