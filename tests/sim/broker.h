// The broker without sockets and threads: core, log and store over a simulated disk. Does what
// shell::BrokerLoop does with each command, in its order.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "broker/core/core.h"
#include "broker/shell/store_job.h"
#include "broker/shell/store_proxy.h"
#include "broker/shell/store_worker.h"
#include "common/base/time.h"
#include "tests/sim/checker.h"
#include "tests/sim/dice.h"
#include "tests/sim/ledger.h"
#include "tests/sim/trace.h"
#include "tests/store/simulated_disk.h"

namespace zex::sim {

struct BrokerOptions {
    core::Limits limits;
    std::uint64_t segment_bytes = 16 << 10;
    std::uint64_t free_bytes_min = 0;
    std::uint64_t entropy = 1;
};

class Broker final : public shell::StoreLink {
  public:
    Broker(test::SimulatedDisk& disk, const ManualClock& clock, Ledger& ledger, Checker& checker,
           Trace& trace, const BrokerOptions& options);

    /// Reads the log. The error that it told, if it could not; what it read is checked later, by
    /// take_events().
    std::optional<Error> recover();

    void apply(const core::Command& command);
    void take_events();
    void tick_if_due();
    void end_turn(bool hurry);
    /// The store does the first `most` jobs, and what is due.
    void work(std::size_t most);
    /// All is written and said goodbye. False where that cannot be.
    bool stop();

    bool is_starting() const { return proxy_.is_starting(); }
    const core::Core& core() const { return core_; }
    const log::Segments& segments() const { return proxy_.segments(); }
    bool has_jobs() const { return !jobs_.empty() || !events_.empty(); }
    const std::optional<Error>& failure() const { return failure_; }
    bool is_refusing() const { return worker_->is_refusing(); }
    std::uint64_t restored() const { return restored_; }
    /// The outcome of this life's recovery, to be checked by take_events().
    Cut cut = Cut::stop;
    Flip flip;

    void push(shell::StoreJob job) override;
    void take(std::vector<shell::StoreEvent>& into) override;

  private:
    Now now() const { return {clock_.now(), clock_.wall_ms()}; }
    void on(log::Recovered& recovered);
    void on(const shell::BatchesWritten& event);
    void on(const shell::LogSynced& event);
    void on(const shell::MessagesRead& event) { apply(proxy_.on(event)); }
    void on(const shell::SegmentRead& event) { proxy_.on(event); }
    void on(const shell::SegmentsRemoved& event) { proxy_.on(event); }
    void on(const shell::BackedUp&) {}
    void on(const shell::StoreTrouble& event);
    void on(const shell::SpaceSeen& event) { proxy_.on(event); }
    void on(const core::StorageState& event) { apply(event); }
    void on(const core::StorageFailed& event);
    void synced(log::Place place);

    const ManualClock& clock_;
    Ledger& ledger_;
    Checker& checker_;
    Trace& trace_;
    Dice entropy_;
    core::Core core_;
    core::Effects effects_;
    std::deque<shell::StoreJob> jobs_;
    std::vector<shell::StoreEvent> events_;
    std::unique_ptr<shell::StoreWorker> worker_;
    shell::StoreProxy proxy_;
    struct Pushed {
        log::Place end;
        std::uint64_t facts = 0;
    };
    std::deque<Pushed> pushed_;  ///< batches that are not synced
    std::optional<Error> failure_;
    std::uint64_t restored_ = 0;
};

}  // namespace zex::sim
