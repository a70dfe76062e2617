// The broker's one writer: polls the listeners, lets the gate decode, applies commands to the core
// and performs its effects, a turn at a time. Everything that changes the core passes here.
//
// Thread: whichever calls step() or run(), always the same one; stop() from any, or from a signal
// handler. Named "zex-broker" in run().
// Owns: the core, the listeners, and what belongs to connections.
// Invariants: an effect is performed before the next command is applied; what is sent in a turn is
// merged and leaves at its end, or before.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "broker/core/core.h"
#include "broker/shell/connections.h"
#include "broker/shell/event_log.h"
#include "broker/shell/gate.h"
#include "broker/shell/held_requests.h"
#include "broker/shell/intake.h"
#include "broker/shell/listener.h"
#include "broker/shell/log.h"
#include "broker/shell/monitor.h"
#include "broker/shell/options.h"
#include "broker/shell/outbox.h"
#include "broker/shell/peers.h"
#include "broker/shell/probes.h"
#include "broker/shell/shell_counters.h"
#include "broker/shell/store_proxy.h"
#include "broker/shell/store_thread.h"
#include "broker/store/posix_disk.h"
#include "common/base/time.h"
#include "common/net/socket.h"
#include "common/net/wakeup.h"

namespace zex::shell {

class BrokerLoop {
  public:
    /// Binds all endpoints, or says which could not be; locks the data directory, where there is
    /// one. `context` and `clock` must outlive the loop.
    static Result<std::unique_ptr<BrokerLoop>> open(const Options& options, net::Context& context,
                                                    const Clock& clock, core::Entropy entropy,
                                                    Log log);
    ~BrokerLoop();

    /// One turn: waits at most `max_wait` (nothing: until something is due) for input or a
    /// deadline, and does all that is due. False when the broker has stopped.
    bool step(std::optional<Duration> max_wait);
    void run();  ///< until stopped

    /// Clients are told goodbye; step() gives false within a second, whether they read it or not.
    void stop() noexcept;

    std::vector<std::string> endpoints() const;  ///< with real ports
    const core::Core& core() const { return core_; }
    std::vector<wire::CounterView> counters() const;  ///< of the shell
    /// Why it stopped by itself: the data directory cannot be read, or a sync failed.
    const std::optional<Error>& failure() const { return failure_; }

  private:
    BrokerLoop(const Options& options, std::vector<Listener> listeners, const Clock& clock,
               core::Entropy entropy, Log log);
    Status open_storage();
    bool is_starting() const;
    void finish_storage();
    void add_storage_numbers(std::vector<wire::CounterView>& rows) const;

    // One turn, in this order:
    void wait(std::optional<Duration> max_wait);
    bool poll(std::optional<Duration> longest);
    void take_store_events();
    void drain_listeners();
    void look_at_sightings();
    void do_what_is_due();
    void let_leavers_go();
    void write_facts();
    void send_all();
    bool go_on();

    bool drain(std::size_t listener);
    void receive(std::size_t listener, std::span<net::Frame> frames);
    bool hold(std::size_t listener, std::span<net::Frame> frames, const wire::Request& request);
    void serve_held();
    void serve(Connection& connection, const wire::Decoded<wire::Request>& decoded);
    std::optional<Error> why_not(const Connection& connection, const wire::Request& request) const;
    void refuse(Connection& connection, std::optional<std::uint64_t> id, Error error);
    void answer(Connection& connection, const wire::Reply& reply);

    void apply(const core::Command& command);
    void perform(const core::Answer& effect);
    void perform(const core::Confirm& effect) { outbox_.confirm(effect); }
    void perform(const core::Deliver& effect) { outbox_.deliver(effect, effects_.messages); }
    void perform(const core::Attach& effect);
    void perform(const core::HangUp& effect);
    void perform(core::Load& effect);
    void perform(const core::ReportDamage& effect);

    // What the store tells:
    void on(log::Recovered& recovered);
    void on(const BatchesWritten& event) { apply(store_->on(event)); }
    void on(const LogSynced& event) { store_->on(event); }
    void on(const MessagesRead& event) { apply(store_->on(event)); }
    void on(const SegmentRead& event) { store_->on(event); }
    void on(const SegmentsRemoved& event) { store_->on(event); }
    void on(const SpaceSeen& event) { store_->on(event); }
    void on(const BackedUp& done);
    void on(const StoreTrouble& trouble);
    void on(const core::StorageState& state);
    void on(const core::StorageFailed& failed);
    void back_up(Connection& connection, std::optional<std::uint64_t> id,
                 const wire::Backup& request);

    void heed(const Outbox::News& news);
    void leave(Connection& connection);
    void lose(ConnectionId id, std::string_view why);
    void cut(const Connection& connection);
    void check_intake();
    void give_back_memory();
    net::Sent send(ConnectionId to, std::span<net::Frame> frames);

    const Options options_;
    const Clock& clock_;
    Instant now_;  ///< of this turn
    const Instant started_;
    core::Core core_;
    core::Effects effects_;
    Gate gate_;
    Peers peers_;
    Probes probes_;
    Intake intake_;
    Instant next_intake_check_;
    bool trim_due_ = false;
    std::uint64_t memory_peak_ = 0;  ///< of messages, since memory was last given back
    std::optional<Instant> give_back_at_;
    Outbox outbox_;
    EventLog event_log_;
    ShellCounters counters_;
    Connections connections_;
    std::size_t open_connections_ = 0;

    struct Leaver {
        ConnectionId connection;
        Instant since;
    };
    std::vector<Leaver> leavers_;

    net::Wakeup bell_;
    store::PosixDisk disk_;
    std::unique_ptr<StoreThread> store_thread_;  ///< none: there is no data directory
    std::optional<StoreProxy> store_;            ///< as store_thread_
    std::vector<StoreEvent> store_events_;
    HeldRequests held_;
    std::optional<Error> failure_;
    std::unique_ptr<Monitor> monitor_;  // ends after the listeners are closed
    std::vector<Listener> listeners_;
    std::vector<bool> dry_;           ///< by listener: had nothing more in this turn
    std::size_t first_listener_ = 0;  ///< its turn to be drained first
    bool more_input_ = false;
    std::vector<net::PollItem> poll_items_;
    std::vector<net::Frame> frames_;
    std::vector<Sighting> sightings_;

    std::atomic<bool> stop_asked_{false};
    std::optional<Instant> stop_by_;
    bool stopped_ = false;
};

}  // namespace zex::shell
