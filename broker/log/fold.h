// What the records of a whole log add up to. Takes them in the order of the log, whatever is
// missing between them.
//
// What a lost record leaves behind is told as damage and left out: a queue whose removal is lost, a
// binding of an exchange that nothing declares.
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
#include "broker/facts/stored_message.h"
#include "broker/log/queue_fold.h"
#include "broker/log/recovered.h"
#include "broker/log/topology_index.h"
#include "broker/log/twins.h"

namespace zex::log {

class Fold {
  public:
    explicit Fold(std::uint64_t log_id) : log_id_(log_id), topology_(log_id) {}

    /// False where the body is not what its kind has; then nothing has changed.
    bool take(Place place, const facts::Header& header, std::string_view body);

    /// Fills all but fresh, cut, next_segment, and of segments their numbers and bytes; damage is
    /// added. Ends the fold's life.
    void finish(Recovered& into);

  private:
    using BindingKey = std::tuple<std::string, std::string, std::uint64_t>;
    struct Seen {
        QueueFold fold;
        bool is_declared = false;
        bool is_bound = false;  ///< so it exists, declared or not
        facts::QueueDeclared declared;
        std::uint64_t messages = 0;  ///< records that were good
        std::uint64_t bytes = 0;     ///< of their properties and payloads
    };
    struct Counted {
        std::uint64_t messages = 0;
        std::uint64_t message_bytes = 0;
        std::uint64_t topology_bytes = 0;
        std::uint64_t unknown_bytes = 0;
    };
    Seen* queue(std::uint64_t id);
    Counted& counted(std::uint32_t segment);
    void take_message(Place place, const facts::Header& header,
                      const facts::StoredMessage& message);
    bool take_topology(Place place, const facts::Header& header, std::string_view body);
    void apply(const facts::ExchangeDeclared& change);
    void apply(const facts::ExchangeRemoved& change);
    void apply(const facts::QueueDeclared& change);
    void apply(const facts::QueueRemoved& change);
    void apply(const facts::Bound& change);
    void apply(const facts::Unbound& change);
    void index(Place place, std::string_view changes);
    void forget(const facts::TopologyChange& removal);
    void lost(std::string reason);
    void drop_orphans(Recovered& into);
    void drop_namesakes(Recovered& into);
    void count_segments(Recovered& into);
    void finish_queue(std::uint64_t id, Seen& seen, Recovered& into);

    const std::uint64_t log_id_;
    TopologyIndex topology_;
    Twins twins_;
    std::map<std::string, facts::ExchangeDeclared> exchanges_;
    std::set<BindingKey> bindings_;
    std::unordered_map<std::uint64_t, Seen> queues_;
    std::unordered_set<std::uint64_t> removed_;
    std::map<std::uint32_t, Counted> segments_;
    Counted* counted_ = nullptr;  ///< in segments_, of `counting_`
    std::uint32_t counting_ = 0;
    std::uint64_t last_id_ = 0;
    Seen* last_ = nullptr;  ///< the queue `recent_`, where it is not null
    std::uint64_t recent_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t unknown_ = 0;
    std::vector<Damage> damage_;
};

}  // namespace zex::log
