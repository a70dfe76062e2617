// The thread that owns the store: gives StoreWorker a thread of its own.
//
// Thread: its own ("zex-store") works; the rest is for the broker thread.
// Invariants: what waits to be written is bounded by the memory limit of the core, which counts it;
// of other jobs the broker thread has a bounded number under way.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "broker/shell/store_job.h"
#include "broker/shell/store_worker.h"
#include "broker/store/store.h"
#include "common/base/time.h"
#include "common/net/mailbox.h"
#include "common/net/wakeup.h"

namespace zex::shell {

class StoreThread final : public StoreLink {
  public:
    /// Begins to recover. `wakeup` is rung when there is something to take; it must outlive this.
    StoreThread(std::unique_ptr<store::Store> store, StoreWorker::Bounds bounds,
                const net::Wakeup& wakeup);
    /// Does what was pushed, syncs it, and ends.
    ~StoreThread() override;

    void push(StoreJob job) override;
    void take(std::vector<StoreEvent>& into) override { events_.take(into); }

    /// Waits until everything pushed so far is done, or the store has failed; at most so long.
    void finish(Duration longest);

    /// Of the recovery under way: bytes read, and in all.
    std::uint64_t recovered_bytes() const { return recovered_bytes_.load(); }
    std::uint64_t recovery_bytes() const { return recovery_bytes_.load(); }

  private:
    void run();
    std::vector<StoreJob> wait();

    const SteadyClock clock_;
    net::Mailbox<StoreEvent> events_;
    StoreWorker worker_;
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

    std::thread thread_;
};

}  // namespace zex::shell
