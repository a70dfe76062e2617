// Looks at every command and what the core made of it: knows who holds what, and compares with the
// ledger and with what the counters say.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/core.h"
#include "tests/sim/ledger.h"
#include "tests/sim/trace.h"

namespace zex::sim {

/// What a client hears.
struct Heard {
    enum class Kind : std::uint8_t { welcome, ok, error, delivery, cancelled, gone } kind;
    std::uint64_t id = 0;
    std::string name;  ///< a token, or a consumer's name
    std::uint64_t first_tag = 0;
    std::uint64_t count = 0;
};

class Checker {
  public:
    using Tell = std::function<void(ConnectionId, Heard)>;
    Checker(Ledger& ledger, Trace& trace, Tell tell)
        : ledger_(ledger), trace_(trace), tell_(std::move(tell)) {}

    /// A new life of the broker.
    void begin(const core::Core& core);
    void before(const core::Command& command, Now now);
    void after(const core::Command& command, core::Effects& effects, Now now, bool flipped);
    /// Counters, gauges.
    void check_books(std::uint64_t restored);

    bool wall_clock_steps = false;

  private:
    struct HeldCopy {
        std::uint64_t queue = 0;  ///< 0: of one that is not durable
        std::uint64_t sequence = 0;
        std::uint64_t bytes = 0;
    };
    struct Holder {
        std::map<std::uint64_t, HeldCopy> held;
        std::uint64_t credit = 0;
        std::uint64_t credit_bytes = 0;
        std::uint64_t bytes = 0;
        std::uint64_t queue = 0;
        bool durable = false;
        bool no_ack = false;
        bool cancelled = false;
    };
    using Holders = std::map<std::string, Holder, std::less<>>;
    using Key = std::pair<std::uint64_t, std::uint64_t>;  ///< connection and id of a request

    void before_request(const core::PeerRequest& command);
    void after_request(const core::PeerRequest& command, const core::Effects& effects);
    void settle(const core::PeerRequest& command, const wire::Settle& verb);
    void note_publish(const core::PeerRequest& command, const wire::Publish& verb);
    void requeue_all(SessionId session);
    void hear(const core::PeerRequest* request, const core::Answer& answer, Now now);
    void hear_ok(const core::PeerRequest* request, const core::Answer& answer, const wire::Ok& ok,
                 Now now);
    void hear_confirm(const core::Confirm& confirm, Now now);
    void forget_publish(ConnectionId to, std::uint64_t first, std::uint64_t count);
    void hear_deliver(const core::Deliver& run, const core::Effects& effects, Now now);
    void deliver_copy(std::uint64_t queue, const core::Message& message, Now now);
    Holder* holder(ConnectionId connection, std::string_view name);

    Ledger& ledger_;
    Trace& trace_;
    const Tell tell_;
    const core::Core* core_ = nullptr;
    std::unordered_map<std::uint64_t, SessionId> sessions_;  ///< by connection
    std::unordered_map<std::uint64_t, bool> blocked_;        ///< by connection
    std::map<SessionId, Holders> holders_;
    std::map<SessionId, std::uint64_t> last_tags_;
    std::map<Key, std::uint64_t> gets_;  ///< queue
    std::map<Key, std::vector<std::pair<std::uint64_t, std::uint64_t>>> settling_;
    std::map<Key, std::uint64_t> topology_;  ///< the last fact before the answer
    struct Published {
        std::uint64_t expected = 0;
        std::vector<Ledger::Made> copies;
    };
    std::map<Key, Published> published_;              ///< by connection and id of the message
    std::unordered_map<std::uint64_t, Key> numbers_;  ///< of messages that are not confirmed
};

}  // namespace zex::sim
