// What the records of a whole log add up to. Takes them in the order of the log, whatever is
// missing between them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "broker/facts/record.h"
#include "broker/log/queue_fold.h"
#include "broker/log/recovered.h"

namespace zex::log {

class Fold {
  public:
    /// False where the body is not what its kind has; then nothing has changed.
    bool take(Place place, const facts::Header& header, std::string_view body);

    std::uint64_t records() const { return records_; }

    /// Fills all but fresh, damage, cut, next_segment and the bytes of segments, and is empty then.
    void finish(Recovered& into);

  private:
    using BindingKey = std::tuple<std::string, std::string, std::uint64_t>;
    struct Seen {
        QueueFold fold;
        bool is_declared = false;
        facts::QueueDeclared declared;
        std::uint64_t messages = 0;  ///< records that were good
        std::uint64_t bytes = 0;     ///< of their properties and payloads
    };
    Seen* queue(std::uint64_t id);
    void count_message(Place place);
    void apply(const facts::ExchangeDeclared& change);
    void apply(const facts::ExchangeRemoved& change);
    void apply(const facts::QueueDeclared& change);
    void apply(const facts::QueueRemoved& change);
    void apply(const facts::Bound& change);
    void apply(const facts::Unbound& change);
    void count_segments(Recovered& into) const;
    void finish_queue(std::uint64_t id, Seen& seen, Recovered& into);

    std::map<std::string, facts::ExchangeDeclared> exchanges_;
    std::set<BindingKey> bindings_;
    std::unordered_map<std::uint64_t, Seen> queues_;
    std::unordered_set<std::uint64_t> removed_;
    std::set<std::uint32_t> topology_segments_;
    std::map<std::uint32_t, std::uint64_t> messages_;  ///< by segment
    std::uint64_t* counted_ = nullptr;                 ///< in messages_, of `counting_`
    std::uint32_t counting_ = 0;
    std::uint64_t last_id_ = 0;
    Seen* last_ = nullptr;  ///< the queue `recent_`, where it is not null
    std::uint64_t recent_ = 0;
    std::uint64_t records_ = 0;
};

}  // namespace zex::log
