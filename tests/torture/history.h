// What a client of durable queues knows, as a history that can be taken back to an earlier moment:
// what a broker that is cut off at that moment promised. One checker for what it may leave.
//
// Each message of a queue is a number, published in rising order, with a payload that only that
// number has. A life is the time from one start of the broker to its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zex::test {

enum class Promise { sync, interval, none };

/// A message as it lies in a log or comes to a consumer.
struct FoundMessage {
    std::string payload;
    bool redelivered = false;
};
/// By queue, in the queue's order.
using FoundMessages = std::map<std::string, std::vector<FoundMessage>>;

class History {
  public:
    using Clock = std::chrono::steady_clock;
    using Moment = Clock::time_point;

    void add_queue(const std::string& name, Promise promise, std::chrono::milliseconds interval);
    std::vector<std::string> queues() const;

    // What happens in a life. All happen now, but are told before what they tell of is sent, and
    // after what they tell of was heard.

    void life_begins();
    /// A new message's number; payload() has what to send.
    std::uint64_t publish(const std::string& queue, std::mt19937_64& random);
    std::string payload(const std::string& queue, std::uint64_t number) const;
    void confirmed(const std::string& queue, std::uint64_t number);
    void delivered(const std::string& queue, const FoundMessage& message);
    /// Acked or rejected: the broker may forget the message from now on.
    void settled(const std::string& queue, const std::string& payload);
    /// Gives what purged() is to be told: messages that are in the queue for certain.
    std::vector<std::uint64_t> purge(const std::string& queue);
    void purged(const std::string& queue, const std::vector<std::uint64_t>& numbers);
    /// A name is a queue, an exchange or a binding: "queue t1".
    void asked(const std::string& name);
    void answered(const std::string& name, bool is_there);

    /// The broker has read its log and answers. What was found there is from now on as safe as it
    /// can be, and what was not found there is gone for good.
    void served(const FoundMessages& found, const std::set<std::string>& names);

    /// The life ended at a moment, which may lie before now: what came later has not happened.
    /// With `power_cut` what was not synced may be lost.
    void life_ended(Moment moment, bool power_cut);

    /// What is wrong with a log that is found after that. Requires that life_ended() was called.
    void check(const FoundMessages& found);
    /// Whether something at all was confirmed or answered and must be there.
    bool promises_anything() const;

    std::uint64_t confirmations() const { return confirmations_; }
    std::uint64_t losses() const { return losses_; }
    std::uint64_t redeliveries() const { return redeliveries_; }

    std::vector<std::string> faults;

  private:
    struct Message {
        std::uint64_t seed = 0;
        std::uint32_t size = 0;
        std::uint64_t order = 0;  ///< among the messages of all queues
        std::size_t life = 0;     ///< in which it was published
        std::optional<Moment> confirmed;
        bool seen_by_recovery = false;
        std::size_t delivered_in = 0;  ///< the last life in which it was delivered; 0: never
        bool may_be_gone = false;
        const char* gone = nullptr;  ///< why it may never be there again
    };
    struct Queue {
        Promise promise = Promise::sync;
        std::chrono::milliseconds interval{0};
        std::map<std::uint64_t, Message> messages;
        std::uint64_t next = 0;
        std::uint64_t first_deliveries_before = 0;
    };
    struct Name {
        bool may_be_there = false;
        bool may_be_missing = true;
    };
    struct State {
        std::map<std::string, Queue> queues;
        std::map<std::string, Name> names;
        std::uint64_t order = 0;
        std::vector<Moment> ends;  ///< of the lives; life 1 is the first
    };
    using Change = std::function<void(State&)>;

    void happens(Change change);
    std::optional<std::uint64_t> number_of(const std::string& queue, std::string_view payload);
    bool must_be_there(const Queue& queue, const Message& message) const;
    void check_queue(const std::string& name, const std::vector<FoundMessage>& found,
                     std::uint64_t last_order);
    void fault(const std::string& queue, std::uint64_t number, std::string_view what);

    State state_;
    State at_begin_;  ///< of this life
    std::vector<std::pair<Moment, Change>> changes_;
    bool power_cut_ = false;
    std::uint64_t confirmations_ = 0;
    std::uint64_t losses_ = 0;
    std::uint64_t redeliveries_ = 0;
};

}  // namespace zex::test
