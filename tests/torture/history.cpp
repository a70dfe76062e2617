#include "tests/torture/history.h"

#include <algorithm>
#include <charconv>

namespace zex::test {
namespace {

/// How much later than promised an interval's sync may be: the machine is shared.
constexpr std::chrono::milliseconds interval_slack{500};

std::string made(std::uint64_t number, std::uint64_t seed, std::uint32_t size) {
    std::string text = std::to_string(number) + ":";
    std::mt19937_64 bytes(seed);
    while (text.size() < size) text += static_cast<char>('a' + bytes() % 26);
    return text;
}

}  // namespace

void History::add_queue(const std::string& name, Promise promise,
                        std::chrono::milliseconds interval) {
    Queue& queue = state_.queues[name];
    queue.promise = promise;
    queue.interval = interval;
}

std::vector<std::string> History::queues() const {
    std::vector<std::string> names;
    for (const auto& [name, queue] : state_.queues) names.push_back(name);
    return names;
}

void History::happens(Change change) {
    change(state_);
    changes_.emplace_back(Clock::now(), std::move(change));
}

void History::life_begins() {
    at_begin_ = state_;
    changes_.clear();
}

std::uint64_t History::publish(const std::string& queue, std::mt19937_64& random) {
    Message message;
    message.seed = random();
    const bool large = random() % 50 == 0;
    message.size = static_cast<std::uint32_t>(random() % (large ? 20'000 : 300));
    message.life = state_.ends.size() + 1;
    const std::uint64_t number = state_.queues.at(queue).next;
    happens([=](State& state) mutable {
        message.order = state.order++;
        Queue& all = state.queues.at(queue);
        all.messages[all.next++] = message;
    });
    return number;
}

std::string History::payload(const std::string& queue, std::uint64_t number) const {
    const Message& message = state_.queues.at(queue).messages.at(number);
    return made(number, message.seed, message.size);
}

void History::confirmed(const std::string& queue, std::uint64_t number) {
    ++confirmations_;
    if (state_.queues.at(queue).messages.at(number).confirmed) {
        return fault(queue, number, "was confirmed twice");
    }
    const Moment now = Clock::now();
    happens([=](State& state) { state.queues.at(queue).messages.at(number).confirmed = now; });
}

/// Of a payload that was published as it is; all else is a fault.
std::optional<std::uint64_t> History::number_of(const std::string& queue,
                                                std::string_view payload) {
    std::uint64_t number = 0;
    std::from_chars(payload.data(), payload.data() + payload.size(), number);
    const auto& messages = state_.queues.at(queue).messages;
    const auto found = messages.find(number);
    if (found == messages.end()) {
        fault(queue, number, "is there and was never published");
    } else if (payload != made(number, found->second.seed, found->second.size)) {
        fault(queue, number, "has other bytes than were published");
    } else {
        return number;
    }
    return std::nullopt;
}

void History::delivered(const std::string& queue, const FoundMessage& found) {
    const auto known = number_of(queue, found.payload);
    if (!known) return;
    const std::uint64_t number = *known;
    const Queue& all = state_.queues.at(queue);
    const Message& message = all.messages.at(number);
    redeliveries_ += found.redelivered ? 1 : 0;
    if (message.gone != nullptr) fault(queue, number, std::string(message.gone) + " and came");
    if (message.delivered_in > 0 && !found.redelivered)
        fault(queue, number, "came again unflagged");
    // A flagged one may be the first that we see: what was on its way when the broker ended.
    const bool first = !found.redelivered;
    if (first && number < all.first_deliveries_before) {
        fault(queue, number, "came for the first time after a later one");
    }
    const std::size_t life = state_.ends.size() + 1;
    happens([=](State& state) {
        Queue& changed = state.queues.at(queue);
        changed.messages.at(number).delivered_in = life;
        if (first) changed.first_deliveries_before = number + 1;
    });
}

void History::settled(const std::string& queue, const std::string& payload) {
    const auto number = number_of(queue, payload);
    if (!number) return;
    happens([=](State& state) { state.queues.at(queue).messages.at(*number).may_be_gone = true; });
}

std::vector<std::uint64_t> History::purge(const std::string& queue) {
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, message] : state_.queues.at(queue).messages) {
        if (message.confirmed) numbers.push_back(number);
    }
    happens([=](State& state) {
        for (auto& [number, message] : state.queues.at(queue).messages) message.may_be_gone = true;
    });
    return numbers;
}

/// What has not come to the consumer in this life was ready.
void History::purged(const std::string& queue, const std::vector<std::uint64_t>& numbers) {
    const std::size_t life = state_.ends.size() + 1;
    happens([=](State& state) {
        for (const std::uint64_t number : numbers) {
            Message& message = state.queues.at(queue).messages.at(number);
            if (message.delivered_in != life && message.gone == nullptr) {
                message.gone = "was purged";
            }
        }
    });
}

void History::asked(const std::string& name) {
    happens([=](State& state) { state.names[name] = {true, true}; });
}

void History::answered(const std::string& name, bool is_there) {
    happens([=](State& state) { state.names[name] = {is_there, !is_there}; });
}

void History::served(const FoundMessages& found, const std::set<std::string>& names) {
    for (const auto& [name, known] : state_.names) {
        const bool is_there = names.contains(name);
        if (is_there && !known.may_be_there) faults.push_back(name + " is there again");
        if (!is_there && !known.may_be_missing) faults.push_back(name + " is lost");
    }
    std::map<std::string, std::set<std::uint64_t>> there;
    for (const auto& [queue, messages] : found) {
        if (!state_.queues.contains(queue)) continue;
        for (const FoundMessage& message : messages) {
            if (const auto number = number_of(queue, message.payload)) there[queue].insert(*number);
        }
    }
    const Moment now = Clock::now();
    happens([=](State& state) {
        for (auto& [name, queue] : state.queues) {
            queue.first_deliveries_before = 0;
            const auto present = there.find(name);
            for (auto& [number, message] : queue.messages) {
                if (present == there.end() || !present->second.contains(number)) {
                    if (message.gone == nullptr)
                        message.gone = "was missing to a broker that served";
                    continue;
                }
                message.seen_by_recovery = true;
                if (!message.confirmed) message.confirmed = now;
                message.may_be_gone = false;
            }
        }
        for (auto& [name, known] : state.names) {
            const bool is_there = names.contains(name);
            known = {is_there, !is_there};
        }
    });
}

void History::life_ended(Moment moment, bool power_cut) {
    state_ = at_begin_;
    for (const auto& [when, change] : changes_) {
        if (when <= moment) change(state_);
    }
    state_.ends.push_back(moment);
    power_cut_ = power_cut;
}

bool History::must_be_there(const Queue& queue, const Message& message) const {
    if (!message.confirmed || message.may_be_gone || message.gone != nullptr) return false;
    if (!power_cut_ || message.seen_by_recovery || queue.promise == Promise::sync) return true;
    return queue.promise == Promise::interval &&
           *message.confirmed + queue.interval + interval_slack < state_.ends.at(message.life - 1);
}

void History::check(const FoundMessages& found) {
    std::uint64_t last_order = 0;  // what is left is a beginning of the log
    for (const auto& [name, messages] : found) {
        if (!state_.queues.contains(name)) continue;
        for (const FoundMessage& message : messages) {
            const auto number = number_of(name, message.payload);
            if (!number) continue;
            last_order = std::max(last_order, state_.queues.at(name).messages.at(*number).order);
        }
    }
    for (const std::string& name : queues()) {
        const auto messages = found.find(name);
        check_queue(name, messages == found.end() ? std::vector<FoundMessage>{} : messages->second,
                    last_order);
    }
}

void History::check_queue(const std::string& name, const std::vector<FoundMessage>& found,
                          std::uint64_t last_order) {
    Queue& queue = state_.queues.at(name);
    std::set<std::uint64_t> present;
    for (const FoundMessage& each : found) {
        const auto number = number_of(name, each.payload);
        if (!number) continue;
        Message& message = queue.messages.at(*number);
        if (message.gone != nullptr) {
            fault(name, *number, std::string(message.gone) + " and is there again");
        }
        if (!present.insert(*number).second) fault(name, *number, "is there twice");
        if (*number < *present.rbegin()) fault(name, *number, "stands behind a later one");
        if (message.delivered_in > 0 && !each.redelivered) {
            // Without a sync a power cut may take the flag, too.
            if (!power_cut_ || queue.promise == Promise::sync) {
                fault(name, *number, "was delivered and has no flag");
            }
            message.delivered_in = 0;
        }
    }
    for (auto& [number, message] : queue.messages) {
        if (present.contains(number) || message.gone != nullptr) continue;
        if (must_be_there(queue, message)) {
            fault(name, number, "is lost");
        } else if (message.confirmed && !message.may_be_gone) {
            ++losses_;
            if (message.order < last_order) fault(name, number, "is lost and a later one is not");
        }
        // What a power cut left is all synced; after a kill an older state may come back.
        if (power_cut_) message.gone = "was lost in a power cut";
        message.may_be_gone = true;
    }
}

bool History::promises_anything() const {
    for (const auto& [name, known] : state_.names) {
        if (!known.may_be_missing) return true;
    }
    for (const auto& [name, queue] : state_.queues) {
        for (const auto& [number, message] : queue.messages) {
            if (must_be_there(queue, message)) return true;
        }
    }
    return false;
}

void History::fault(const std::string& queue, std::uint64_t number, std::string_view what) {
    faults.push_back(queue + " " + std::to_string(number) + " " + std::string(what));
}

}  // namespace zex::test
