// Batches that were sent and wait for confirms. Answers come as ranges of ids, which may cover
// part of a batch or several of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "client/batch.h"
#include "client/effect.h"

namespace zex {

class Unconfirmed {
  public:
    /// Requires batch->first_id, higher than any before.
    void add(std::shared_ptr<Batch> batch);

    /// Messages first .. first+count-1 have this outcome. Ids that nobody waits for are passed
    /// over.
    Progressed settle(std::uint64_t first, std::uint64_t count, const Result<Confirmed>& outcome);

    /// The publish that began with this id failed as a whole. False where there is no such one.
    bool holds(std::uint64_t id) const { return find(id) != batches_.end(); }
    Progressed fail_from(std::uint64_t id, const Error& why);

    Progressed expire(Instant now);
    Progressed fail_all(const Error& why);
    std::optional<Instant> next_deadline() const;

    /// What has to be sent again, in order of ids.
    const std::map<std::uint64_t, std::shared_ptr<Batch>>& batches() const { return batches_; }

  private:
    using Batches = std::map<std::uint64_t, std::shared_ptr<Batch>>;
    Batches::const_iterator find(std::uint64_t id) const;
    void drop(const std::shared_ptr<Batch>& batch);

    Batches batches_;
    std::set<std::pair<Instant, std::uint64_t>> deadlines_;
};

}  // namespace zex
