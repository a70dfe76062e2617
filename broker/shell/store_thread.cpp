#include "broker/shell/store_thread.h"

#include <limits>
#include <utility>

#include <pthread.h>

namespace zex::shell {

StoreThread::StoreThread(std::unique_ptr<store::Store> store, StoreWorker::Bounds bounds,
                         const net::Wakeup& wakeup)
    : events_(std::numeric_limits<std::size_t>::max(), &wakeup),
      worker_(std::move(store), bounds, clock_,
              [this](StoreEvent event) { events_.push(std::move(event)); }),
      thread_([this] { run(); }) {}

StoreThread::~StoreThread() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void StoreThread::push(StoreJob job) {
    {
        const std::lock_guard lock(mutex_);
        if (ended_) return;
        jobs_.push_back(std::move(job));
        ++pushed_;
    }
    changed_.notify_all();
}

void StoreThread::finish(Duration longest) {
    std::unique_lock lock(mutex_);
    const std::uint64_t goal = pushed_;
    changed_.wait_for(lock, longest, [&] { return ended_ || done_ >= goal; });
}

void StoreThread::run() {
    pthread_setname_np(pthread_self(), "zex-store");
    worker_.recover([this](std::uint64_t done, std::uint64_t all) {
        recovered_bytes_.store(done);
        recovery_bytes_.store(all);
    });
    for (bool stopping = false; !stopping && !worker_.failed();) {
        std::vector<StoreJob> jobs = wait();
        const std::size_t count = jobs.size();
        worker_.work(jobs);
        const std::lock_guard lock(mutex_);
        taken_ += count;
        if (worker_.is_idle()) done_ = taken_;
        stopping = stop_ && jobs_.empty() && (worker_.is_idle() || worker_.is_refusing());
        changed_.notify_all();
    }
    worker_.finish();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

std::vector<StoreJob> StoreThread::wait() {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return stop_ || !jobs_.empty(); };
    if (const auto until = worker_.next_deadline()) {
        changed_.wait_for(lock, *until - clock_.now(), ready);
    } else {
        changed_.wait(lock, ready);
    }
    return std::exchange(jobs_, {});
}

}  // namespace zex::shell
