// The broker thread's side of the store, without a thread or a clock: keeps the log, gives the
// store its batches and jobs, and turns what the store tells into commands for the core.
//
// Thread: the broker thread.
// Invariants: until the log is read nothing durable can be said.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/core/command.h"
#include "broker/core/effect.h"
#include "broker/facts/records.h"
#include "broker/log/log.h"
#include "broker/shell/store_job.h"
#include "common/base/time.h"

namespace zex::shell {

class StoreProxy {
  public:
    /// `link` outlives this.
    StoreProxy(StoreLink& link, log::Appender::Bounds bounds) : link_(link), bounds_(bounds) {}

    /// The log is being read.
    bool is_starting() const { return !log_.has_value(); }
    /// The log was read: goes on behind it. What is returned fills the core; `recovered` gives its
    /// places away.
    core::Restored restore(log::Recovered& recovered);

    // Of the core's effects:
    void append(const facts::Records& records);
    void load(core::Load&& load);
    void back_up(BackUp job);

    // Of the store's events; the commands are to be applied, in their order. Views in Loaded point
    // into the event.
    core::Command on(const BatchesWritten& event);
    void on(const LogSynced& event);
    core::Loaded on(const MessagesRead& event);
    void on(const SegmentRead& event);
    void on(const SegmentsRemoved& event);
    void on(const SpaceSeen& event) { space_ = event.space; }
    /// What compaction found damaged since the last call.
    std::vector<core::Command> take_damage();

    /// The end of a turn: what somebody waits for goes to the store. What nobody waits for, which
    /// is what was settled, may wait a little, so that it does not cost a write of its own.
    /// `awaited`: the last fact that somebody waits for; `hurry`: nothing may wait.
    void end_turn(Instant now, std::uint64_t awaited, bool hurry);
    std::optional<Instant> next_deadline() const { return write_by_; }

    /// Requires that the log was read.
    const log::Segments& segments() const { return log_->segments(); }
    const store::Space& space() const { return space_; }  ///< as it was last seen

  private:
    void write();

    StoreLink& link_;
    const log::Appender::Bounds bounds_;
    std::optional<log::Log> log_;
    std::uint64_t facts_written_ = 0;  ///< given to the store
    log::Place written_;               ///< end of what was given to it
    std::optional<Instant> write_by_;
    store::Space space_;
};

}  // namespace zex::shell
