// Lets a test of the core read as a story: named clients do things, and hear of them in one line
// for each effect. A story holds a Core and the time, and checks the core's books after every
// command.
//
// What is heard: "ok queue=q messages=2", "error no_such_queue [queue]", "confirm 1-3 queues=1",
// "refuse 4 queue_full", "return 5 unroutable key=k five", "c #7 seven" (delivery to consumer c
// under tag 7), "c #8 eight (2)" (its second delivery), "got #1 one left=0", "empty",
// "cancelled c queue_deleted", "goodbye shutting_down", "hung up".
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/core.h"

namespace zex::core {

using Lines = std::vector<std::string>;

class Story;

class Client {
  public:
    Client(Story& story, std::string name) : story_(story), name_(std::move(name)) {}

    /// Sends the operation, with `id` where given; gives what this client hears of it.
    Lines does(wire::Operation operation, std::optional<std::uint64_t> id = 1);

    /// What it has heard since it was last asked.
    Lines hears() { return std::exchange(heard, {}); }

    Lines opens(wire::Hello hello = {});    ///< on a new connection; versions default to {1}
    Lines resumes(wire::Hello hello = {});  ///< likewise, with its token
    void is_lost();
    void is_blocked();
    Lines is_ready();

    Lines declares(std::string queue);
    std::string declares_temporary();
    Lines declares_exchange(std::string exchange, bool auto_delete = false);
    Lines binds(std::string queue, std::string exchange, std::vector<std::string> keys);
    Lines deletes(std::string queue);

    /// Messages to one exchange and key under the ids first_id, first_id+1, …
    Lines publishes(std::string exchange, std::string key, const Lines& payloads,
                    std::uint64_t first_id = 1, bool mandatory = false);
    /// To one queue.
    Lines sends(std::string queue, const Lines& payloads) { return publishes("", queue, payloads); }

    Lines consumes(std::string queue, std::string consumer, std::uint64_t credit = 100,
                   bool no_ack = false);
    Lines gets(std::string queue, bool no_ack = false);
    Lines acks(std::string consumer, std::uint64_t first, std::uint64_t last = 0);
    Lines requeues(std::string consumer, std::uint64_t first, std::uint64_t last = 0);
    Lines rejects(std::string consumer, std::uint64_t first, std::uint64_t last = 0);

    const Session& session() const;
    std::string token() const { return token_; }
    ConnectionId connection;
    Lines heard;

  private:
    friend class Story;
    Lines settles(std::string consumer, std::uint64_t first, std::uint64_t last,
                  wire::Settlement action);
    Story& story_;
    std::string name_;
    std::string token_;
};

class Story {
  public:
    /// With a disk the test moves it on by stores() and reads().
    enum class Disk { none, there };
    explicit Story(const Limits& limits = {}, Disk disk = Disk::none);

    /// The client of this name. A new one has said hello already.
    Client& operator[](const std::string& name);
    /// One that has not said hello.
    Client& stranger(const std::string& name);

    void apply(const Command& command);

    /// The facts so far are stored.
    void stores();
    /// Messages that the core wants to have read are read, at most so many for each time it asked.
    void reads(std::size_t most = 1000);
    /// stores(), reads() and ticks until there is nothing to do.
    void settles_down();
    /// The record of this message will be found damaged.
    void damages(const std::string& queue, std::uint64_t sequence);
    /// Begins with what the log of another story held.
    void starts_from(const Restored& restored, const Story& before);
    /// The facts that are stored, as records.
    const std::vector<std::string>& log() const { return log_; }
    std::vector<std::string> damage_reported;  ///< "queue sequence"
    /// Moves the time, then ticks where the core asked for it.
    void pass(std::chrono::milliseconds time);
    void tick_while_due();

    Core core;
    Instant now{std::chrono::seconds(1)};
    /// The wall clock, which goes with `now`.
    std::uint64_t wall_ms() const {
        return 1'700'000'000'000 + whole_milliseconds(now.since_start);
    }
    std::uint64_t restored = 0;  ///< messages that a test gave it by Restore

    const Counters& counters() const { return core.counters(); }
    const Queue& queue(std::string_view name) const { return *core.topology().queue(name); }
    std::uint64_t memory() const { return core.topology().memory_bytes(); }
    Lines ready(std::string_view queue) const;  ///< payloads in their order
    /// What all clients together have heard since this was last asked, in the order of effects.
    Lines heard_by_all() { return std::exchange(heard_by_all_, {}); }
    ConnectionId new_connection() { return ConnectionId(++last_connection_); }

  private:
    void hear(const Effects& effects);
    bool hear_for_store(const Effect& effect);
    void check_books() const;
    Client* on(ConnectionId connection);

    std::map<std::string, std::unique_ptr<Client>> clients_;
    std::uint64_t last_connection_ = 0;
    Lines heard_by_all_;
    using MessageId = std::pair<std::uint64_t, std::uint64_t>;  ///< queue and sequence
    Effects effects_;
    facts::Records unstored_;
    std::uint64_t facts_ = 0;       ///< written so far
    std::uint64_t fact_bytes_ = 0;  ///< of these
    std::vector<std::string> log_;
    std::map<MessageId, std::size_t> messages_;  ///< where in log_
    std::set<MessageId> damaged_;
    std::vector<Load> loads_;  ///< not yet answered
};

/// The effect in words, one line each (a Deliver: one a message).
Lines in_words(const Effect& effect, const Effects& all);

}  // namespace zex::core
