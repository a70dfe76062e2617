// Messages that were published and did not come into a queue, gathered for the log: one line a
// second at most for each reason and name, with a count.
//
// Thread: the broker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "broker/core/effect.h"
#include "broker/shell/log.h"
#include "common/base/time.h"

namespace zex::shell {

class LossLog {
  public:
    static constexpr Duration interval = std::chrono::seconds(1);
    static constexpr std::size_t names_max = 64;  ///< in an interval; the rest is one line

    void add(const core::Loss& loss, Instant now);

    /// When the next lines are to be written.
    std::optional<Instant> next_deadline() const { return due_; }

    /// Writes what is due, or all of it.
    void write_due(Log& log, Instant now);
    void write(Log& log);

  private:
    struct Gathered {
        std::string key;  ///< of the first message
        std::string exchange;
        std::uint64_t count = 0;
    };
    /// The reason, and the queue's name or, where it is about none, the exchange's.
    using Subject = std::pair<core::Loss::Why, std::string>;

    std::map<Subject, Gathered> gathered_;
    std::uint64_t others_ = 0;
    std::optional<Instant> due_;
};

}  // namespace zex::shell
