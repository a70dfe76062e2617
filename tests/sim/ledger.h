// Every durable message that the core ever took, and what was promised of it: the one account that
// all checks go by. It knows messages by queue and sequence, as the core's facts tell them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/core/effect.h"
#include "broker/log/recovered.h"
#include "common/base/time.h"
#include "tests/sim/topology_ledger.h"

namespace zex::sim {

enum class Cut : std::uint8_t { stop, kill, power };

struct Copy {
    std::uint64_t message = 0;  ///< number in its payload
    std::uint32_t bytes = 0;    ///< of the payload
    std::uint64_t fact = 0;
    std::uint64_t settled_fact = 0;
    std::uint64_t enqueued_wall_ms = 0;
    Instant enqueued;
    Instant promised_at;
    Instant answered_at;
    bool promised = false;  ///< confirmed, or seen
    bool secured = false;   ///< survives every crash
    bool seen = false;      ///< delivered once
    bool held = false;      ///< by a consumer
    bool done = false;      ///< somebody settled it
    bool answered = false;  ///< and was told so
    bool offered = false;   ///< its record says that it may have been delivered
};

struct LedgerQueue {
    std::string name;
    facts::Durability durability = facts::Durability::sync;
    std::uint64_t interval_ms = 0;
    std::map<std::uint64_t, Copy> copies;
    std::uint64_t offered = 0;                     ///< messages before it may come with a flag
    std::optional<std::uint64_t> offered_at_stop;  ///< as a clean stop says
    std::uint64_t next_first = 0;                  ///< least sequence of the next first delivery
    bool removed = false;
    std::uint64_t purges_waiting = 0;  ///< behind `get`s: what they leave is settled some time
};

/// What the flipped bits of this run may have hit.
struct Flip {
    bool is_there = false;  ///< since the last recovery
    bool ever = false;
    bool hits_message = false;
    std::uint64_t queue = 0;
    std::uint64_t sequence = 0;
};

class Ledger {
  public:
    TopologyLedger topology;
    std::map<std::uint64_t, LedgerQueue> queues;

    // Facts of this life of the broker:
    std::uint64_t facts = 0;
    std::uint64_t committed = 0;  ///< told to be written
    std::uint64_t synced = 0;     ///< told to be synced
    Instant last_worked;          ///< the store did all that was due then, without trouble

    Copy* find(std::uint64_t queue, std::uint64_t sequence);
    /// Takes the facts of one command.
    void record(const facts::Records& records, Now now);
    void set_synced(std::uint64_t fact);
    /// Settled facts of the last record() are of messages that somebody settled.
    void check_settled();

    /// `cut`: what ended the last life. Throws where more or less is there than may be.
    void check(const log::Recovered& recovered, Cut cut, const Flip& flip);
    /// Bytes of messages and declarations that still count.
    std::uint64_t live_bytes() const;
    std::uint64_t live() const;

    std::uint64_t last_message = 0;  ///< of the records: for the books of each publish
    struct Made {
        std::uint64_t message = 0;
        std::uint64_t queue = 0;
        std::uint64_t sequence = 0;
    };
    std::vector<Made> made;  ///< by the last record()

  private:
    void take(const facts::Header& header, std::string_view body, std::uint64_t fact, Now now);
    bool must_be_there(const LedgerQueue& queue, const Copy& copy, Cut cut) const;
    bool must_be_gone(const Copy& copy, Cut cut) const;
    void check_queue(const log::RecoveredQueue& found, Cut cut, const Flip& flip);

    struct Settled {
        std::uint64_t fact = 0;
        std::uint64_t queue = 0;
        std::uint64_t sequence = 0;
    };
    std::deque<Settled> settled_;
    std::vector<Settled> just_settled_;
};

/// The number in a payload that the simulation made, checked to the last byte.
std::uint64_t read_payload(std::string_view payload);
std::string make_payload(std::uint64_t number, std::size_t size);

}  // namespace zex::sim
