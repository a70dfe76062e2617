// A client that uses all that is durable at random, and tells a history what it did and heard.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/dealer.h"
#include "tests/torture/history.h"

namespace zex::test {

class CutClient {
  public:
    CutClient(const std::string& endpoint, History& history, std::mt19937_64& random);

    /// Waits until the broker has read its log. Gives the durable queues, exchanges and bindings
    /// that are there, as the history names them.
    std::set<std::string> wait_until_served();
    /// How many messages a queue holds.
    std::map<std::string, std::uint64_t> held();
    /// Counters of damage, which are to be zero.
    std::uint64_t damage();

    /// Declares the history's queues, so that it holds what their messages promise, and consumes.
    void begin();
    /// Does one thing at random.
    void act();
    /// Takes in what comes until all that was asked is answered; false where an answer is missing.
    bool hear_all_answers();
    /// Takes in and acks until the queues are empty; false where they hold something that does not
    /// come.
    bool drain();

  private:
    struct Asked {
        enum class Kind { publish, name, purge, other } kind = Kind::other;
        std::string queue = {};       ///< published to, purged
        std::uint64_t number = 0;     ///< of the first message
        std::uint64_t count = 0;      ///< of messages
        std::uint64_t confirmed = 0;  ///< of these
        std::string name = {};        ///< declared, deleted, bound
        std::vector<std::uint64_t> purged = {};
        bool is_there = false;  ///< after this
    };
    nlohmann::json rows_of(const std::string& what);
    void ask(nlohmann::json envelope, Asked asked, std::optional<std::string> body = {});
    void publish();
    void change_topology();
    void purge();
    bool hear();
    void hear_publish(const Heard& heard);
    void hear_deliver(const Heard& heard);
    std::string any_queue();

    const std::string endpoint_;
    Dealer dealer_;
    History& history_;
    std::mt19937_64& random_;
    const std::uint64_t favourite_;  ///< the queue that most is done with, so that a life may go
                                     ///< without syncs
    std::map<std::uint64_t, Asked> asked_;  ///< by id; a batch of messages by its first
    std::uint64_t next_id_ = 1;
    bool ack_all_ = false;
};

}  // namespace zex::test
