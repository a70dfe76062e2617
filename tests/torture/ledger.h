// What a test knows of its messages: which it published, which were confirmed, delivered, settled.
// One checker for what a durable queue promises. Each message of a queue is a number, published in
// rising order, with a payload that only that number has.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace zex::test {

class Ledger {
  public:
    explicit Ledger(std::string queue) : queue_(std::move(queue)) {}

    /// A new message's payload: its number, then bytes that are made from it.
    std::string publish(std::mt19937_64& random);
    /// The messages first .. first+count-1 were confirmed.
    void confirmed(std::uint64_t first, std::uint64_t count);
    /// A delivery came; says what is wrong with it, in `faults`.
    void delivered(std::string_view payload, bool redelivered);

    std::uint64_t published() const { return next_; }
    std::uint64_t confirmations() const { return confirmations_; }
    std::uint64_t deliveries() const { return deliveries_; }
    std::uint64_t redeliveries() const { return redeliveries_; }

    /// At the end, when the queue has been emptied: confirmed messages that never came.
    std::vector<std::uint64_t> lost() const;

    std::vector<std::string> faults;

  private:
    struct Entry {
        std::uint64_t seed = 0;
        std::uint32_t size = 0;
        bool confirmed = false;
        std::uint32_t delivered = 0;
    };
    static std::string payload(std::uint64_t number, const Entry& entry);
    void fault(std::uint64_t number, std::string_view what);

    const std::string queue_;
    std::map<std::uint64_t, Entry> entries_;
    std::uint64_t next_ = 0;
    std::uint64_t last_first_ =
        0;  ///< one more than the highest number delivered for the first time
    std::uint64_t confirmations_ = 0;
    std::uint64_t deliveries_ = 0;
    std::uint64_t redeliveries_ = 0;
};

}  // namespace zex::test
