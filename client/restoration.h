// What the session should have (the wish) and what the broker has said that it has (the fact), item
// by item: exchanges, queues, bindings, consumers. The session asks for what is missing until both
// agree, over any number of breaks, restarts and refusals.
//
// PURE: no clock; time is handed in.
// Invariants: an item is asked for at most once at a time. A fact is believed as long as the
// broker's session lives; what was asked and not answered when a connection broke is missing.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/wire/protocol.h"

namespace zex {

class Restoration {
  public:
    /// In the order in which they are asked for.
    enum class Kind : std::uint8_t { exchange, queue, binding, consumer };
    struct Id {
        Kind kind = Kind::exchange;
        std::string name;      ///< of the exchange, the queue or the consumer; the binding's queue
        std::string exchange;  ///< of a binding
        auto operator<=>(const Id&) const = default;
    };

    // ---- the program's own requests
    // --------------------------------------------------------------

    /// A request is about to be sent that withdraws a wish whatever its answer will be: cancel.
    void submitted(const wire::Operation& operation);
    /// A request that was answered with ok: the wish follows it, and the fact with it.
    void succeeded(const wire::Operation& operation);
    /// A request that failed. What it says is not there is not wished for any more.
    void failed(const wire::Operation& operation, ErrorCode code);

    /// The broker ended a consumer. With `queue_deleted` its queue is known to be gone, too.
    void cancelled(const std::string& consumer, ErrorCode why);

    // ---- connections
    // -----------------------------------------------------------------------------

    void connection_lost();  ///< what was asked is missing: it may have been done or not
    void new_session();      ///< nothing is there

    // ---- towards agreement
    // -----------------------------------------------------------------------

    struct Step {
        Id id;
        wire::Operation operation;
    };
    /// What is missing and may be asked for now, in the order in which it must be sent. From here
    /// on it counts as asked.
    std::vector<Step> due(Instant now);
    std::optional<Instant> next_due() const;  ///< when due() has something; nothing: never

    struct Outcome {
        bool told = false;            ///< an error that was not met before: to be told
        bool consumer_ended = false;  ///< the consumer cannot be had, and is not wished any more
    };
    void done(const Id& id);  ///< the step was answered with ok
    Outcome refused(const Id& id, const Error& error, Instant now);

    /// Everything that is wished for is there, or cannot be had.
    bool agrees() const { return missing_ == 0 && asked_ == 0; }
    std::size_t size() const { return items_.size(); }

    /// How long a consumer whose queue is not there is tried again before it ends.
    static constexpr Duration consumer_patience = std::chrono::seconds(30);
    static constexpr Duration first_pause = std::chrono::milliseconds(100);
    static constexpr Duration longest_pause = std::chrono::seconds(5);

  private:
    enum class Fact : std::uint8_t { missing, asked, there, refused };
    struct Item {
        wire::Operation wish;
        Fact fact = Fact::there;
        Instant due{};  ///< when missing: not before
        unsigned failures = 0;
        Instant first_failure{};
        std::optional<ErrorCode> last_error;
    };
    using Items = std::map<Id, Item>;

    void set(Id id, wire::Operation wish);
    void become(Item& item, Fact fact);
    void erase(Items::iterator item);
    void unwish_binding(const std::string& queue, const std::string& exchange,
                        const std::vector<std::string>& keys);
    void forget_binding(Items::iterator binding);
    void forget_queue(const std::string& name);
    void forget_exchange(const std::string& name);
    void forget_consumer(const std::string& name);
    bool is_consumed(const std::string& queue) const;
    bool is_bound(const std::string& exchange) const;
    bool was_deleted(const wire::Operation& wish, ErrorCode code) const;
    bool is_passing(const Id& id, const Item& item, const Error& error, Instant now) const;

    Items items_;
    std::size_t missing_ = 0;
    std::size_t asked_ = 0;
};

}  // namespace zex
