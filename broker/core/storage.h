// What the core knows of the disk: whether there is one, whether it takes more, and what waits for
// it. How the log is laid out is broker/log's; facts for it are in Effects.
//
// The core knows a fact by its number: 1, 2, 3, …, in the order of writing. The store tells up to
// which one all are stored as promised.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <zex/error.hpp>

#include "broker/core/effect.h"
#include "common/base/check.h"
#include "common/base/ids.h"

namespace zex::core {

class Queue;

/// To be said or done when a fact is stored as promised.
struct Awaiting {
    std::uint64_t fact = 0;
    std::variant<Confirm, Answer, QueueId> what;  ///< a queue: its messages may be delivered
};

class Storage {
  public:
    bool is_there = false;         ///< the broker has a data directory
    std::optional<Error> refuses;  ///< why no durable message is taken now, if none is

    /// Of the last fact written.
    std::uint64_t facts(const Effects& out) const { return facts_ + out.records.count(); }
    /// Of the last one that an earlier command wrote.
    std::uint64_t facts_before() const { return facts_; }
    /// The command is done, and its facts are on their way.
    void wrote(const Effects& out) {
        facts_ += out.records.count();
        fact_bytes_ += out.records.bytes().size();
    }
    void committed(std::uint64_t facts, std::uint64_t bytes) {
        committed_ = facts;
        committed_bytes_ = bytes;
    }
    bool is_committed(std::uint64_t fact) const { return fact <= committed_; }
    /// Bytes of facts that wait for the disk.
    std::uint64_t unwritten_bytes(const Effects& out) const {
        return fact_bytes_ + out.records.bytes().size() - committed_bytes_;
    }

    /// `fact` is not less than that of the call before.
    void await(std::uint64_t fact, decltype(Awaiting::what) what) {
        ZEX_CHECK(awaiting.empty() || awaiting.back().fact <= fact);
        awaiting.push_back({fact, std::move(what)});
        awaited_ = fact;
    }
    std::deque<Awaiting> awaiting;
    /// The last fact that something waits for, or waited.
    std::uint64_t awaited() const { return awaited_; }
    std::uint64_t topology_fact = 0;  ///< the last change of what is declared

    std::uint64_t memory_bytes = 0;  ///< bodies of durable messages in memory, never taken
    std::uint64_t memory_most = 0;   ///< beyond it a durable queue keeps no more than its window

    /// A queue has settled messages to be written, told once until take_settled().
    void settled_in(Queue& queue) { settled_.push_back(&queue); }
    std::vector<Queue*> take_settled() { return std::exchange(settled_, {}); }
    void forget(const Queue& queue) { std::erase(settled_, &queue); }

  private:
    std::uint64_t facts_ = 0;
    std::uint64_t fact_bytes_ = 0;
    std::uint64_t committed_ = 0;
    std::uint64_t committed_bytes_ = 0;
    std::uint64_t awaited_ = 0;
    std::vector<Queue*> settled_;
};

}  // namespace zex::core
