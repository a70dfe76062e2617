// Publishes a stream of messages with a window of them unconfirmed, and counts what became of each.
#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <optional>
#include <string>

#include <zex/client.hpp>

namespace zex::tool {

/// What became of the messages published.
struct Tally {
    std::uint64_t published = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t unroutable = 0;  ///< reached no queue; confirmed, too, unless mandatory
    std::uint64_t routed() const { return outcomes - unroutable - refused; }
    bool lost() const { return unroutable + refused > 0; }
    std::uint64_t refused = 0;  ///< and those whose answer did not come in time
    std::optional<Error> first_error;
    std::uint64_t first_error_at = 0;  ///< number of that message, from 1

    /// Counts the outcome of the next message: outcomes come in the order of the messages.
    void count(const Result<Confirmed>& outcome);

    std::uint64_t outcomes = 0;
};

/// "published 1000 messages in 0.1 s (10,000/s), all confirmed", or what became of them: "published
/// 3 messages in 0.1 s: 1 reached a queue, 2 reached none".
std::string summary(const Tally& tally, double seconds);

class Publisher {
  public:
    /// `client` must outlive it.
    Publisher(Client& client, PublishOptions options) : client_(client), options_(options) {}

    /// Waits while the window is full.
    void publish(const std::string& exchange, const std::string& key, const Message& message);

    /// Counts the outcomes that have come.
    void collect();

    /// Waits for every outcome.
    void finish();

    const Tally& tally() const { return tally_; }

  private:
    void take_front();

    Client& client_;
    PublishOptions options_;
    std::deque<std::future<Result<Confirmed>>> unconfirmed_;
    Tally tally_;
};

}  // namespace zex::tool
