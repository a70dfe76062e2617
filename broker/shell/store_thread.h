// The thread that owns the store: writes what the broker thread laid out on the tape, syncs it,
// reads messages back, removes segments, makes backups. All batches that wait go into one write and
// one sync (group commit).
//
// Thread: its own ("zex-store") works; the rest is for the broker thread.
// Invariants: jobs are done in their order, but for reads, which do not wait for a full disk. What
// waits to be written is bounded by the memory limit of the core, which counts it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <zex/result.hpp>

#include "broker/core/backlog.h"
#include "broker/core/command.h"
#include "broker/facts/tape.h"
#include "broker/store/store.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/net/mailbox.h"
#include "common/net/wakeup.h"

namespace zex::shell {

// What the broker thread asks for:
struct ReadJob {
    QueueId queue;
    bool to_keep = false;
    std::vector<core::Backlog::Entry> messages;
};
struct RemoveJob {
    std::uint32_t segment = 0;  ///< and those before it
};
struct BackupJob {
    std::string directory;
    ConnectionId connection;
    std::optional<std::uint64_t> id;
};
using StoreJob = std::variant<facts::Batch, ReadJob, RemoveJob, BackupJob>;

// What it is told:
struct ReadDone {
    ReadJob job;
    std::vector<store::StoredRecord> records;  ///< of the first messages of the job
};
struct BackupDone {
    BackupJob job;
    Status status;
};
using StoreEvent = std::variant<store::Recovered, core::Committed, ReadDone, BackupDone,
                                core::StorageState, core::StorageFailed>;

class StoreThread {
  public:
    struct Bounds {
        std::uint64_t free_bytes_min = 0;  ///< less on the disk: durable messages are refused
        bool fresh = false;                ///< recovery must find nothing
    };

    /// Begins to recover. `bell` is rung when there is something to take; it must outlive this.
    StoreThread(std::unique_ptr<store::Store> store, Bounds bounds, const net::Wakeup& bell);
    /// Does what was pushed, syncs it, and ends.
    ~StoreThread();
    StoreThread(const StoreThread&) = delete;
    StoreThread& operator=(const StoreThread&) = delete;

    void push(StoreJob job);
    bool take(std::vector<StoreEvent>& into) { return events_.take(into); }

    /// Waits until everything pushed so far is done, or the store has failed; at most so long.
    void finish(Duration longest);

    /// Of the recovery under way: bytes read, and in all.
    std::uint64_t recovered_bytes() const { return recovered_bytes_.load(); }
    std::uint64_t recovery_bytes() const { return recovery_bytes_.load(); }

  private:
    void run();
    void recover();
    std::vector<StoreJob> wait();
    void work(std::vector<StoreJob>& jobs);
    void write();
    bool write_batches();
    void sync_if_due();
    void look_at_space();
    void read(ReadJob& job);
    void tell(StoreEvent event);
    void fail(const Error& error);

    const std::unique_ptr<store::Store> store_;
    const Bounds bounds_;
    const SteadyClock clock_;
    net::Mailbox<StoreEvent> events_;
    std::atomic<std::uint64_t> recovered_bytes_{0};
    std::atomic<std::uint64_t> recovery_bytes_{0};

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<StoreJob> jobs_;
    std::uint64_t pushed_ = 0;  ///< jobs, ever
    std::uint64_t taken_ = 0;   ///< of these
    std::uint64_t done_ = 0;    ///< of these
    bool stop_ = false;
    bool ended_ = false;  ///< failed or stopped: nothing is done any more

    // Of the thread alone:
    std::vector<facts::Batch> batches_;  ///< to be written
    std::optional<Instant> sync_by_;     ///< what is written and was promised to be synced
    std::optional<Instant> look_again_;  ///< at the space on the disk
    bool refusing_ = false;
    bool failed_ = false;

    std::thread thread_;
};

}  // namespace zex::shell
