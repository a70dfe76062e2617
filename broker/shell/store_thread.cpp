#include "broker/shell/store_thread.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <pthread.h>

namespace zex::shell {
namespace {

/// How soon a full disk is tried again.
constexpr Duration full_retry = std::chrono::milliseconds(50);
/// How often the space on the disk is looked at while it is written.
constexpr Duration space_interval = std::chrono::milliseconds(50);
/// Records of one read come to this many bytes, and one.
constexpr std::size_t read_most_bytes = 2 << 20;
constexpr std::size_t read_piece = 256;

}  // namespace

StoreThread::StoreThread(std::unique_ptr<store::Store> store, Bounds bounds,
                         const net::Wakeup& bell)
    : store_(std::move(store)),
      bounds_(bounds),
      events_(std::numeric_limits<std::size_t>::max(), &bell),
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
    recover();
    for (bool stopping = false; !stopping && !failed_;) {
        std::vector<StoreJob> jobs = wait();
        work(jobs);
        const std::lock_guard lock(mutex_);
        taken_ += jobs.size();
        if (batches_.empty()) done_ = taken_;
        stopping = stop_ && jobs_.empty() && (batches_.empty() || refusing_);
        changed_.notify_all();
    }
    if (!failed_) (void)store_->sync();  // nothing was promised that is not synced
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

void StoreThread::recover() {
    auto recovered = store_->recover([this](std::uint64_t done, std::uint64_t all) {
        recovered_bytes_.store(done);
        recovery_bytes_.store(all);
    });
    if (!recovered) return fail(recovered.error());
    if (bounds_.fresh && !recovered->fresh) {
        return fail(error(ErrorCode::data_in_use,
                          "another broker has begun a log in the data directory meanwhile"));
    }
    tell(std::move(*recovered));
    look_at_space();
}

std::vector<StoreJob> StoreThread::wait() {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return stop_ || !jobs_.empty(); };
    std::optional<Instant> until = sync_by_;
    const bool looking = refusing_ || !batches_.empty();
    if (looking && look_again_ && (!until || *look_again_ < *until)) until = look_again_;
    if (until) {
        changed_.wait_for(lock, *until - clock_.now(), ready);
    } else {
        changed_.wait(lock, ready);
    }
    return std::exchange(jobs_, {});
}

void StoreThread::work(std::vector<StoreJob>& jobs) {
    for (StoreJob& job : jobs) {
        if (failed_) return;
        if (auto* batch = std::get_if<facts::Batch>(&job)) {
            batches_.push_back(std::move(*batch));
            continue;
        }
        write();
        if (auto* read_job = std::get_if<ReadJob>(&job)) {
            read(*read_job);
        } else if (const auto* removal = std::get_if<RemoveJob>(&job)) {
            const Status removed = store_->remove_before(removal->segment + 1);
            if (!removed) fail(removed.error());
        } else {
            auto& backup = std::get<BackupJob>(job);
            Status status = store_->backup(backup.directory);
            tell(BackupDone{std::move(backup), std::move(status)});
        }
    }
    write();
    sync_if_due();
    if (refusing_ && (!look_again_ || clock_.now() >= *look_again_)) look_at_space();
}

void StoreThread::write() {
    if (batches_.empty() || failed_ || !write_batches()) return;
    const facts::Batch& last = batches_.back();
    const core::Committed committed{last.number, last.tape_bytes, last.pieces.back().begin.segment};
    batches_.clear();
    tell(committed);
    if (!look_again_ || clock_.now() >= *look_again_) look_at_space();
}

/// False where they are to be written again, or never.
bool StoreThread::write_batches() {
    const Status written = store_->write(batches_);
    if (!written) {
        if (written.error().code != ErrorCode::disk_full) {
            fail(written.error());
            return false;
        }
        look_again_ = clock_.now() + full_retry;
        if (!std::exchange(refusing_, true)) tell(core::StorageState{written.error()});
        return false;
    }
    bool synced = false;
    for (const facts::Batch& batch : batches_) synced = synced || batch.sync;
    if (synced) {
        sync_by_.reset();
        return true;
    }
    for (const facts::Batch& batch : batches_) {
        if (!batch.sync_within_ms) continue;
        const Instant by = clock_.now() + std::chrono::milliseconds(*batch.sync_within_ms);
        if (!sync_by_ || by < *sync_by_) sync_by_ = by;
    }
    return true;
}

void StoreThread::sync_if_due() {
    if (failed_ || !sync_by_ || clock_.now() < *sync_by_) return;
    sync_by_.reset();
    if (const Status synced = store_->sync(); !synced) fail(synced.error());
}

/// Durable messages are refused before the disk is full, and taken again when it no longer is.
void StoreThread::look_at_space() {
    if (failed_) return;
    std::optional<Error> why;
    const Status reserved = store_->reserve();
    const auto free = store_->free_bytes();
    if (!reserved) {
        if (reserved.error().code != ErrorCode::disk_full) return fail(reserved.error());
        why = reserved.error();
    } else if (free && *free < bounds_.free_bytes_min) {
        why = error(ErrorCode::disk_full,
                    "the disk of the data directory has " + std::to_string(*free) +
                        " bytes left and is to keep " + std::to_string(bounds_.free_bytes_min) +
                        "; make room, or lower storage.free_bytes_min");
    }
    look_again_ = clock_.now() + (why ? full_retry : space_interval);
    if (why.has_value() == refusing_) return;
    refusing_ = why.has_value();
    tell(core::StorageState{std::move(why)});
}

void StoreThread::read(ReadJob& job) {
    ReadDone done;
    std::size_t bytes = 0;
    while (done.records.size() < job.messages.size() && bytes < read_most_bytes) {
        std::vector<facts::Place> places;
        const std::size_t end = std::min(job.messages.size(), done.records.size() + read_piece);
        for (std::size_t i = done.records.size(); i < end; ++i) {
            places.push_back(job.messages[i].place);
        }
        for (store::StoredRecord& record : store_->read(places)) {
            bytes += record.body.size();
            done.records.push_back(std::move(record));
        }
    }
    done.job = std::move(job);
    tell(std::move(done));
}

void StoreThread::tell(StoreEvent event) {
    events_.push(std::move(event));
}

void StoreThread::fail(const Error& error) {
    if (std::exchange(failed_, true)) return;
    tell(core::StorageFailed{error});
}

}  // namespace zex::shell
