// A client for tests that ask one thing at a time and want to be told what was answered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/dealer.h"
#include "tests/torture/history.h"

namespace zex::test {

class Client {
  public:
    /// Says hello, and waits until the broker has read its log.
    explicit Client(const std::string& endpoint, std::chrono::milliseconds longest = patience);

    /// The answer to a request, which gets an id. Throws std::runtime_error where none comes.
    Heard ask(nlohmann::json envelope);
    /// The same for an answer that must be ok.
    nlohmann::json must(nlohmann::json envelope);

    void declare_queue(const std::string& queue, std::string_view durability = "sync");

    /// Publishes in one batch and hears all outcomes; gives how many were confirmed.
    std::uint64_t publish(const std::string& queue, const std::vector<std::string>& payloads);
    const std::string& last_refusal() const { return last_refusal_; }
    /// Publishes one message again and again until it is confirmed; false at the deadline.
    bool can_publish(const std::string& queue);

    /// Takes so many messages of a queue, or those that come, in their order. Acks them if told to.
    std::vector<FoundMessage> take(const std::string& queue, std::uint64_t count, bool ack);

    /// Ends the session, so that what it has not settled is ready again.
    void leave();

    nlohmann::json rows(const std::string& what);
    nlohmann::json status();
    /// Messages ready in a queue; none where there is no such queue.
    std::uint64_t ready(const std::string& queue);

  private:
    Dealer dealer_;
    std::uint64_t next_id_ = 1;
    std::uint64_t consumers_ = 0;
    std::string last_refusal_;
};

/// "0", "1", … each filled up with letters to `bytes`.
std::vector<std::string> numbered(std::uint64_t first, std::uint64_t count, std::size_t bytes);

/// What is wrong with messages that are to be numbered() from 0 to `count`; empty where nothing is.
std::string not_all_in_order(const std::vector<FoundMessage>& messages, std::uint64_t count);

/// Tries until it is true; false where it is not within `patience`. Each try asks the broker
/// something, so that it waits for an answer and not for a time to pass.
template <class Try>
bool within_patience(Try attempt) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!attempt()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
}

}  // namespace zex::test
