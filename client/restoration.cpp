#include "client/restoration.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace zex {
namespace {

Restoration::Id exchange_id(const std::string& name) {
    return {Restoration::Kind::exchange, name, {}};
}
Restoration::Id queue_id(const std::string& name) {
    return {Restoration::Kind::queue, name, {}};
}
Restoration::Id binding_id(const std::string& queue, const std::string& exchange) {
    return {Restoration::Kind::binding, queue, exchange};
}
Restoration::Id consumer_id(const std::string& name) {
    return {Restoration::Kind::consumer, name, {}};
}

/// The queue that is bound or consumed.
std::string queue_of(const wire::Operation& wish) {
    if (const auto* bind = std::get_if<wire::Bind>(&wish)) return bind->queue;
    if (const auto* consume = std::get_if<wire::Consume>(&wish)) return consume->queue;
    return {};
}

/// Which of several names is missing is told by the error.
bool is_missing_name(ErrorCode code) {
    return code == ErrorCode::no_such_queue || code == ErrorCode::no_such_exchange;
}

}  // namespace

void Restoration::become(Item& item, Fact fact) {
    missing_ -= item.fact == Fact::missing ? 1 : 0;
    asked_ -= item.fact == Fact::asked ? 1 : 0;
    item.fact = fact;
    missing_ += fact == Fact::missing ? 1 : 0;
    asked_ += fact == Fact::asked ? 1 : 0;
}

void Restoration::erase(Items::iterator item) {
    become(item->second, Fact::there);
    items_.erase(item);
}

/// The program asked for it itself, and has got it.
void Restoration::set(Id id, wire::Operation wish) {
    Item& item = items_[std::move(id)];
    item.wish = std::move(wish);
    become(item, Fact::there);
    item.failures = 0;
    item.last_error.reset();
}

// ---- the program's own requests -----------------------------------------------------------------

void Restoration::submitted(const wire::Operation& operation) {
    if (const auto* cancel = std::get_if<wire::Cancel>(&operation)) {
        forget_consumer(cancel->consumer);
    }
}

void Restoration::succeeded(const wire::Operation& operation) {
    if (const auto* exchange = std::get_if<wire::DeclareExchange>(&operation)) {
        if (!exchange->passive) set(exchange_id(exchange->exchange), *exchange);
    } else if (const auto* gone = std::get_if<wire::DeleteExchange>(&operation)) {
        forget_exchange(gone->exchange);
    } else if (const auto* queue = std::get_if<wire::DeclareQueue>(&operation)) {
        if (!queue->passive) set(queue_id(queue->queue), *queue);
    } else if (const auto* deleted = std::get_if<wire::DeleteQueue>(&operation)) {
        forget_queue(deleted->queue);
    } else if (const auto* bind = std::get_if<wire::Bind>(&operation)) {
        wire::Bind all = *bind;
        const auto before = items_.find(binding_id(bind->queue, bind->exchange));
        if (before != items_.end()) {
            const auto& keys = std::get<wire::Bind>(before->second.wish).keys;
            std::set<std::string> joined(keys.begin(), keys.end());
            joined.insert(all.keys.begin(), all.keys.end());
            all.keys.assign(joined.begin(), joined.end());
            // What was missing of it still is.
            before->second.wish = std::move(all);
            if (before->second.fact == Fact::refused) become(before->second, Fact::missing);
        } else {
            set(binding_id(bind->queue, bind->exchange), std::move(all));
        }
    } else if (const auto* unbind = std::get_if<wire::Unbind>(&operation)) {
        unwish_binding(unbind->queue, unbind->exchange, unbind->keys);
    } else if (const auto* consume = std::get_if<wire::Consume>(&operation)) {
        set(consumer_id(consume->consumer), *consume);
    }
}

void Restoration::failed(const wire::Operation& operation, ErrorCode code) {
    if (!is_missing_name(code)) return;
    if (const auto* exchange = std::get_if<wire::DeleteExchange>(&operation)) {
        forget_exchange(exchange->exchange);
    } else if (const auto* queue = std::get_if<wire::DeleteQueue>(&operation)) {
        forget_queue(queue->queue);
    } else if (const auto* unbind = std::get_if<wire::Unbind>(&operation)) {
        unwish_binding(unbind->queue, unbind->exchange, unbind->keys);
    }
}

void Restoration::cancelled(const std::string& consumer, ErrorCode why) {
    const auto found = items_.find(consumer_id(consumer));
    if (found == items_.end()) return;
    const std::string queue = std::get<wire::Consume>(found->second.wish).queue;
    forget_consumer(consumer);
    if (why == ErrorCode::queue_deleted) forget_queue(queue);
}

void Restoration::unwish_binding(const std::string& queue, const std::string& exchange,
                                 const std::vector<std::string>& keys) {
    const auto found = items_.find(binding_id(queue, exchange));
    if (found == items_.end()) return;
    auto& wished = std::get<wire::Bind>(found->second.wish).keys;
    std::erase_if(wished, [&](const std::string& key) {
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    });
    if (wished.empty()) forget_binding(found);
}

/// An auto-delete exchange goes with its last binding, as far as this client can know.
void Restoration::forget_binding(Items::iterator binding) {
    const std::string exchange = binding->first.exchange;
    erase(binding);
    const auto owner = items_.find(exchange_id(exchange));
    if (owner == items_.end()) return;
    if (!std::get<wire::DeclareExchange>(owner->second.wish).auto_delete) return;
    if (!is_bound(exchange)) erase(owner);
}

void Restoration::forget_queue(const std::string& name) {
    const auto found = items_.find(queue_id(name));
    if (found != items_.end()) erase(found);
    for (;;) {
        const auto binding = items_.lower_bound(binding_id(name, {}));
        if (binding == items_.end() || binding->first.kind != Kind::binding ||
            binding->first.name != name) {
            return;
        }
        forget_binding(binding);
    }
}

void Restoration::forget_exchange(const std::string& name) {
    const auto found = items_.find(exchange_id(name));
    if (found != items_.end()) erase(found);
    for (auto item = items_.begin(); item != items_.end();) {
        const auto next = std::next(item);
        if (item->first.kind == Kind::binding && item->first.exchange == name) erase(item);
        item = next;
    }
}

/// An auto-delete queue goes with its last consumer, as far as this client can know.
void Restoration::forget_consumer(const std::string& name) {
    const auto found = items_.find(consumer_id(name));
    if (found == items_.end()) return;
    const std::string queue = std::get<wire::Consume>(found->second.wish).queue;
    erase(found);
    const auto owner = items_.find(queue_id(queue));
    if (owner == items_.end()) return;
    if (!std::get<wire::DeclareQueue>(owner->second.wish).auto_delete) return;
    if (!is_consumed(queue)) forget_queue(queue);
}

bool Restoration::is_consumed(const std::string& queue) const {
    return std::any_of(items_.lower_bound(consumer_id({})), items_.end(), [&](const auto& entry) {
        return std::get<wire::Consume>(entry.second.wish).queue == queue;
    });
}

bool Restoration::is_bound(const std::string& exchange) const {
    return std::any_of(items_.begin(), items_.end(), [&](const auto& entry) {
        return entry.first.kind == Kind::binding && entry.first.exchange == exchange;
    });
}

// ---- connections --------------------------------------------------------------------------------

void Restoration::connection_lost() {
    for (auto& [id, item] : items_) {
        if (item.fact == Fact::asked) become(item, Fact::missing);
        if (item.fact == Fact::missing) item.due = {};
    }
}

void Restoration::new_session() {
    for (auto& [id, item] : items_) {
        become(item, Fact::missing);
        item.due = {};
        item.failures = 0;
        item.last_error.reset();
    }
}

// ---- towards agreement --------------------------------------------------------------------------

std::vector<Restoration::Step> Restoration::due(Instant now) {
    std::vector<Step> steps;
    if (missing_ == 0) return steps;
    for (auto& [id, item] : items_) {
        if (item.fact != Fact::missing || item.due > now) continue;
        become(item, Fact::asked);
        steps.push_back({id, item.wish});
    }
    return steps;
}

std::optional<Instant> Restoration::next_due() const {
    std::optional<Instant> first;
    if (missing_ == 0) return first;
    for (const auto& [id, item] : items_) {
        if (item.fact == Fact::missing && (!first || item.due < *first)) first = item.due;
    }
    return first;
}

void Restoration::done(const Id& id) {
    const auto found = items_.find(id);
    if (found == items_.end() || found->second.fact != Fact::asked) return;
    Item& item = found->second;
    become(item, Fact::there);
    item.failures = 0;
    item.last_error.reset();
}

/// The queue or exchange that the broker does not have is one that it did have: somebody else has
/// deleted it.
bool Restoration::was_deleted(const wire::Operation& wish, ErrorCode code) const {
    auto found = items_.end();
    if (code == ErrorCode::no_such_queue) {
        found = items_.find(queue_id(queue_of(wish)));
    } else if (code == ErrorCode::no_such_exchange) {
        const auto* bind = std::get_if<wire::Bind>(&wish);
        if (bind != nullptr) found = items_.find(exchange_id(bind->exchange));
    }
    return found != items_.end() && found->second.fact == Fact::there;
}

/// Whether the same request may succeed later. A name that is not there may be declared by its
/// owner, who comes back like this client; an exclusive queue's former session may end.
bool Restoration::is_passing(const Id& id, const Item& item, const Error& error,
                             Instant now) const {
    if (error.may_retry()) return true;
    if (!is_missing_name(error.code) && error.code != ErrorCode::queue_is_exclusive) return false;
    if (id.kind != Kind::consumer) return true;
    const auto queue = items_.find(queue_id(std::get<wire::Consume>(item.wish).queue));
    if (queue != items_.end() &&
        (queue->second.fact == Fact::missing || queue->second.fact == Fact::asked)) {
        return true;  // it comes when its queue has come
    }
    return item.failures == 0 || now < item.first_failure + consumer_patience;
}

Restoration::Outcome Restoration::refused(const Id& id, const Error& error, Instant now) {
    const auto found = items_.find(id);
    if (found == items_.end() || found->second.fact != Fact::asked) return {};
    Item& item = found->second;
    Outcome outcome;
    outcome.told = item.last_error != error.code;
    if (was_deleted(item.wish, error.code)) {
        outcome.told = true;
        outcome.consumer_ended = id.kind == Kind::consumer;
        const Id gone = id;
        if (error.code == ErrorCode::no_such_queue) {
            forget_queue(queue_of(item.wish));
        } else {
            forget_exchange(gone.exchange);
        }
        if (outcome.consumer_ended) forget_consumer(gone.name);
        return outcome;
    }
    if (is_passing(id, item, error, now)) {
        if (item.failures == 0) item.first_failure = now;
        const Duration pause = first_pause * (std::int64_t{1} << std::min(item.failures, 6u));
        ++item.failures;
        item.last_error = error.code;
        become(item, Fact::missing);
        item.due = now + std::min(pause, longest_pause);
        return outcome;
    }
    outcome.told = true;
    if (id.kind == Kind::consumer) {
        outcome.consumer_ended = true;
        forget_consumer(id.name);
        return outcome;
    }
    become(item, Fact::refused);
    item.last_error = error.code;
    return outcome;
}

}  // namespace zex
