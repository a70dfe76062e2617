// Does the store's jobs: writes batches, syncs them, reads back, removes segments, makes backups.
// All batches that wait go into one write and one sync (group commit). A call that failed and may
// be made again is made again, ever more rarely, and told; one that goes on failing ends the store.
//
// Thread: one at a time; StoreThread gives it one of its own, the simulator calls it by hand.
// Invariants: jobs are done in their order, but for reads and removals that are tried again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "broker/shell/store_job.h"
#include "broker/store/store.h"
#include "common/base/time.h"

namespace zex::shell {

class StoreWorker {
  public:
    struct Bounds {
        std::uint64_t free_bytes_min = 0;  ///< less on the disk: durable messages are refused
    };
    using Tell = std::function<void(StoreEvent)>;

    /// `clock` outlives this.
    StoreWorker(std::unique_ptr<store::Store> store, Bounds bounds, const Clock& clock, Tell tell);

    /// The first call: reads the log, and tells it or StorageFailed.
    void recover(const log::Progress& progress);
    /// Does these jobs, and what is due. Leaves `jobs` empty.
    void work(std::vector<StoreJob>& jobs);
    /// When work() has something to do without a job.
    std::optional<Instant> next_deadline() const;
    /// The last call: nothing was promised that is not synced, and room goes back to the disk.
    void finish();

    bool failed() const { return failed_; }
    /// Nothing waits to be written.
    bool is_idle() const { return batches_.empty(); }
    bool is_refusing() const { return refusing_; }

  private:
    /// A fault that goes on: since when, and how often it was met.
    struct Fault {
        Instant since;
        unsigned times = 0;
    };
    /// A job that failed and is tried again.
    struct Retry {
        StoreJob job;
        Fault fault;
        Instant next;
        Duration delay;
    };
    void do_job(StoreJob& job);
    bool try_job(StoreJob& job, Fault& fault);
    bool must_wait(const StoreJob& job) const;
    Status do_or_fail(StoreJob& job);
    Status read(ReadMessages& job);
    bool passed(const Status& status, Fault& fault);
    void write();
    bool write_batches();
    void note_sync_promises();
    void sync_if_due();
    void retry_due();
    void look_at_space();
    std::optional<Error> why_refuse(const store::Space& space) const;
    void tell_trouble(const Error& error);
    void fail(const Error& error);

    const std::unique_ptr<store::Store> store_;
    const Bounds bounds_;
    const Clock& clock_;
    const Tell tell_;
    std::vector<log::Batch> batches_;    ///< sealed, to be written
    std::optional<Instant> sync_by_;     ///< what is written and was promised to be synced
    std::optional<Instant> look_again_;  ///< at the space on the disk
    std::uint32_t looked_in_ = 0;        ///< segment that was written to at the last look
    std::optional<Instant> write_again_;
    Fault write_fault_;  ///< of the writes and syncs at hand
    std::deque<Retry> retries_;
    std::optional<Instant> told_trouble_;
    bool refusing_ = false;
    bool failed_ = false;
};

}  // namespace zex::shell
