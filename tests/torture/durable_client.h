// A client of durable queues made of bare frames, which never sends anything again: what it
// published and did not hear of is unknown, and stays so.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/dealer.h"
#include "tests/torture/ledger.h"

namespace zex::test {

class DurableClient {
  public:
    /// Says hello, declares the ledger's queues and consumes from them.
    DurableClient(const std::string& endpoint, std::map<std::string, Ledger>& ledgers,
                  std::uint64_t credit, std::chrono::milliseconds longest = patience);

    /// Publishes so many messages in one batch to a queue.
    void publish(const std::string& queue, std::uint64_t count, std::mt19937_64& random);

    /// Takes in what comes next, and settles some of it; false where nothing comes in time.
    bool hear(std::mt19937_64& random, bool ack_all);

    /// Hears until every message published has had its answer.
    void hear_all_answers(std::mt19937_64& random);

    /// Takes in and settles everything, until no queue holds a message.
    void empty_queues(const std::string& endpoint, std::mt19937_64& random);

    std::uint64_t unanswered() const { return unanswered_; }
    std::uint64_t refused() const { return refused_; }
    const std::string& last_refusal() const { return last_refusal_; }

  private:
    struct Publish {
        std::string queue;
        std::uint64_t first = 0;  ///< number of the message with the id that this is kept under
        std::uint64_t count = 0;
    };
    void confirm(std::uint64_t id, std::uint64_t count);
    void deliver(const Heard& heard, std::mt19937_64& random, bool ack_all);
    void settle(const std::string& consumer, std::uint64_t tag, std::string_view action);

    Dealer dealer_;
    std::map<std::string, Ledger>& ledgers_;
    std::map<std::uint64_t, Publish> publishes_;  ///< by first id
    std::uint64_t next_id_ = 1000;
    std::uint64_t unanswered_ = 0;  ///< messages published and neither confirmed nor refused
    std::uint64_t refused_ = 0;
    std::string last_refusal_;
};

}  // namespace zex::test
