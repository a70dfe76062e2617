// What was declared durable, as the core's facts said it, and how far that was promised. After a
// crash the broker must have what some prefix of these facts says, and no shorter one than
// promised.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "broker/facts/topology_change.h"
#include "broker/log/recovered.h"

namespace zex::sim {

struct Declared {
    std::map<std::string, std::string> exchanges;  ///< kind and options by name
    std::map<std::uint64_t, std::string> queues;   ///< name and options by id
    std::set<std::tuple<std::string, std::string, std::uint64_t>> bindings;

    void apply(const facts::TopologyChange& change);
    bool operator==(const Declared&) const = default;
};
Declared declared_in(const log::Recovered& recovered);

class TopologyLedger {
  public:
    void record(std::uint64_t fact, std::vector<facts::TopologyChange> changes);
    /// Facts up to this one outlive every crash.
    void synced(std::uint64_t fact);
    /// The facts up to this one must be there: an answer said so.
    void promised(std::uint64_t fact) { promised_ = std::max(promised_, fact); }
    std::uint64_t last_fact() const { return last_; }

    /// Throws where the recovered state is not one that a crash may leave.
    void check(const Declared& recovered, std::uint64_t committed);
    /// Goes on from what was recovered.
    void restart(Declared recovered);

  private:
    struct Change {
        std::uint64_t fact;
        std::vector<facts::TopologyChange> changes;
    };
    Declared base_;
    std::deque<Change> pending_;
    std::uint64_t promised_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace zex::sim
