// The broker's one writer: waits for the transports, lets the gate decode, applies commands to the
// core and performs its effects, a turn at a time. Everything that changes the core passes here.
//
// Thread: whichever calls step() or run(), always the same one; stop() from any, or from a signal
// handler. Named "zex-broker" in run().
// Owns: the core, the transports, and what belongs to connections.
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
#include "broker/shell/log.h"
#include "broker/shell/options.h"
#include "broker/shell/outbox.h"
#include "broker/shell/peers.h"
#include "broker/shell/shell_counters.h"
#include "broker/shell/store_proxy.h"
#include "broker/shell/store_thread.h"
#include "broker/store/posix_disk.h"
#include "common/base/time.h"
#include "common/net/poller.h"
#include "common/net/socket.h"
#include "common/net/transport.h"
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

    const std::vector<std::string>& endpoints() const { return endpoints_; }  ///< with real ports
    const core::Core& core() const { return core_; }
    std::vector<wire::CounterView> counters() const;  ///< of the shell
    /// Why it stopped by itself: the data directory cannot be read, or a sync failed.
    const std::optional<Error>& failure() const { return failure_; }

  private:
    BrokerLoop(const Options& options, const Clock& clock, core::Entropy entropy, Log log);
    Status listen(net::Context& context);
    Status open_storage();
    bool is_starting() const;
    void finish_storage();
    void add_storage_numbers(std::vector<wire::CounterView>& rows) const;

    // One turn, in this order:
    void wait(std::optional<Duration> max_wait);
    void poll(std::optional<Duration> longest);
    bool wants_turn();
    void take_store_events();
    void drain_transports();
    void on_transport_events();
    void do_what_is_due();
    void write_facts();
    void send_all();
    bool go_on();

    void receive(net::Transport& transport, ConnectionId from,
                 std::span<const std::string_view> frames, bool surplus);
    bool hold(Connection& connection, std::span<const std::string_view> frames,
              const wire::Request& request);
    bool waits_for_head(const wire::Operation& operation) const;
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
    void on(const MessagesRead& event) {
        apply(store_->on(event));
        serve_held();
    }
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
    void on_transport_event(const net::Transport::Event& event);
    void lose(ConnectionId id, std::string_view why);
    net::Sent send(ConnectionId to, std::span<net::Outgoing> frames);
    void bound_unread();
    std::uint64_t unread_bytes() const;
    void give_back_memory();

    const Options options_;
    const Clock& clock_;
    Instant now_;  ///< of this turn
    const Instant started_;
    core::Core core_;
    core::Effects effects_;
    Gate gate_;
    Peers peers_;
    std::uint64_t memory_peak_ = 0;  ///< of messages, since memory was last given back
    std::optional<Instant> give_back_at_;
    Outbox outbox_;
    EventLog event_log_;
    ShellCounters counters_;
    Connections connections_;
    std::size_t open_connections_ = 0;

    net::Poller poller_;
    struct Bell final : net::Poller::Watcher {
        void on_ready(std::uint32_t) override { wakeup.clear(); }
        net::Wakeup wakeup;
    };
    Bell bell_;
    store::PosixDisk disk_;
    std::unique_ptr<StoreThread> store_thread_;  ///< none: there is no data directory
    std::optional<StoreProxy> store_;            ///< as store_thread_
    std::vector<StoreEvent> store_events_;
    HeldRequests held_;
    std::optional<Error> failure_;
    net::ConnectionIds connection_ids_;
    std::vector<std::unique_ptr<net::Transport>> transports_;
    std::vector<std::string> endpoints_;

    std::atomic<bool> stop_asked_{false};
    std::optional<Instant> stop_by_;
    bool stopped_ = false;
};

}  // namespace zex::shell
