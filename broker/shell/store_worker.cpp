#include "broker/shell/store_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace zex::shell {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How soon a full disk is tried again.
constexpr Duration full_retry = milliseconds(50);
/// How often the space on the disk is looked at while it is written.
constexpr Duration space_interval = milliseconds(50);
/// A call that failed is made again after so long, then after twice as long, up to the longest.
constexpr Duration retry_first = milliseconds(5);
constexpr Duration retry_longest = seconds(1);
/// A fault that lasts so long, and was met so often, does not pass: the broker stops, as after a
/// failed sync.
constexpr Duration give_up_after = seconds(10);
constexpr unsigned give_up_times = 10;
/// Trouble that goes on is told so often.
constexpr Duration trouble_interval = seconds(5);
/// Records of one read come to this many bytes, and one.
constexpr std::size_t read_bytes_most = 2 << 20;
constexpr std::size_t read_piece = 256;

}  // namespace

StoreWorker::StoreWorker(std::unique_ptr<store::Store> store, Bounds bounds, const Clock& clock,
                         Tell tell)
    : store_(std::move(store)), bounds_(bounds), clock_(clock), tell_(std::move(tell)) {}

void StoreWorker::recover(const log::Progress& progress) {
    auto recovered = store_->recover(progress);
    if (!recovered) return fail(recovered.error());
    tell_(std::move(*recovered));
    look_at_space();
}

std::optional<Instant> StoreWorker::next_deadline() const {
    if (failed_) return std::nullopt;
    std::optional<Instant> first = sync_by_;
    const auto until = [&first](const std::optional<Instant>& other) {
        if (other && (!first || *other < *first)) first = other;
    };
    if (!batches_.empty()) until(write_again_);
    if (refusing_) until(look_again_);
    for (const Retry& retry : retries_) until(retry.next);
    return first;
}

void StoreWorker::work(std::vector<StoreJob>& jobs) {
    for (StoreJob& job : jobs) {
        if (failed_) break;
        if (auto* batch = std::get_if<log::Batch>(&job)) {
            log::seal(*batch, store_->log_id());
            batches_.push_back(std::move(*batch));
            continue;
        }
        write();
        if (!failed_) do_job(job);
    }
    jobs.clear();
    if (failed_) return;
    write();
    retry_due();
    sync_if_due();
    if (!failed_ && refusing_ && (!look_again_ || clock_.now() >= *look_again_)) look_at_space();
}

void StoreWorker::do_job(StoreJob& job) {
    const Instant now = clock_.now();
    Fault fault;
    if (try_job(job, fault) || failed_) return;
    retries_.push_back({std::move(job), fault, now + retry_first, retry_first});
}

void StoreWorker::retry_due() {
    const Instant now = clock_.now();
    for (std::size_t left = retries_.size(); left > 0 && !failed_; --left) {
        Retry retry = std::move(retries_.front());
        retries_.pop_front();
        if (now >= retry.next) {
            if (try_job(retry.job, retry.fault)) continue;
            if (failed_) return;
            retry.delay = std::min(retry.delay * 2, retry_longest);
            retry.next = now + retry.delay;
        }
        retries_.push_back(std::move(retry));
    }
}

/// What the job relies on has not been done yet.
bool StoreWorker::must_wait(const StoreJob& job) const {
    if (const auto* messages = std::get_if<ReadMessages>(&job)) {
        const log::Place written = store_->written();
        return std::ranges::any_of(messages->places,
                                   [&](log::Place place) { return place >= written; });
    }
    if (std::holds_alternative<log::RemoveBefore>(job)) {  // reads may be of what goes
        return std::ranges::any_of(retries_, [](const Retry& retry) {
            return std::holds_alternative<ReadMessages>(retry.job);
        });
    }
    return std::holds_alternative<log::SyncLog>(job) && !batches_.empty();
}

/// False where it is to be tried again, or never.
bool StoreWorker::try_job(StoreJob& job, Fault& fault) {
    return !must_wait(job) && passed(do_or_fail(job), fault);
}

Status StoreWorker::do_or_fail(StoreJob& job) {
    if (auto* messages = std::get_if<ReadMessages>(&job)) return read(*messages);
    if (const auto* segment = std::get_if<log::ReadSegment>(&job)) {
        auto piece = store_->read_segment(segment->from, segment->bytes_max);
        if (!piece) return piece.error();
        tell_(SegmentRead{std::move(*piece)});
    } else if (const auto* removal = std::get_if<log::RemoveBefore>(&job)) {
        if (Status done = store_->remove_before(removal->segment); !done) return done;
        tell_(SegmentsRemoved{});
        if (refusing_) look_at_space();
    } else if (std::holds_alternative<log::SyncLog>(job)) {
        if (Status done = store_->sync(); !done) return done;
        tell_(LogSynced{store_->synced()});
    } else {
        auto& backup = std::get<BackUp>(job);
        Status status = store_->backup(backup.directory);
        tell_(BackedUp{std::move(backup), std::move(status)});
    }
    return {};
}

/// True where the call was good. A fault that does not pass ends the store; a full disk may last.
bool StoreWorker::passed(const Status& status, Fault& fault) {
    if (status) return true;
    const Error& error = status.error();
    if (error.code == ErrorCode::disk_full) return false;
    const Instant now = clock_.now();
    if (fault.times++ == 0) fault.since = now;
    const bool lasts = fault.times >= give_up_times && now >= fault.since + give_up_after;
    if (!error.may_retry() || lasts) {
        fail(error);
    } else {
        tell_trouble(error);
    }
    return false;
}

Status StoreWorker::read(ReadMessages& job) {
    MessagesRead done;
    std::size_t bytes = 0;
    while (done.records.size() < job.places.size() && bytes < read_bytes_most) {
        const std::size_t begin = done.records.size();
        const std::size_t count = std::min(job.places.size() - begin, read_piece);
        auto records = store_->read(std::span(job.places).subspan(begin, count));
        if (!records) return records.error();
        for (log::StoredRecord& record : *records) {
            bytes += record.body.size();
            done.records.push_back(std::move(record));
        }
    }
    done.job = std::move(job);
    tell_(std::move(done));
    return {};
}

void StoreWorker::write() {
    if (batches_.empty() || failed_) return;
    if (write_again_ && clock_.now() < *write_again_) return;
    if (!write_batches()) return;
    write_again_.reset();
    write_fault_ = {};
    note_sync_promises();
    const log::Batch& last = batches_.back();
    BatchesWritten written{{last.number, store_->synced()}, {last.facts, last.fact_bytes}};
    const std::uint32_t segment = last.end().segment;
    batches_.clear();
    tell_(written);
    // A segment that was begun took room that was set aside: is there more?
    const bool is_new = std::exchange(looked_in_, segment) != segment;
    if (is_new || !look_again_ || clock_.now() >= *look_again_) look_at_space();
}

/// False where they are to be written again, or never.
bool StoreWorker::write_batches() {
    const Instant now = clock_.now();
    const Status written = store_->write(batches_);
    if (passed(written, write_fault_)) return true;
    if (failed_) return false;
    write_again_ = look_again_ = now + full_retry;
    if (!std::exchange(refusing_, true)) tell_(core::StorageState{written.error()});
    return false;
}

void StoreWorker::note_sync_promises() {
    const auto asks = [](const log::Batch& batch) { return batch.sync; };
    if (std::ranges::any_of(batches_, asks)) return sync_by_.reset();
    for (const log::Batch& batch : batches_) {
        if (!batch.sync_within_ms) continue;
        const Instant by = clock_.now() + milliseconds(*batch.sync_within_ms);
        if (!sync_by_ || by < *sync_by_) sync_by_ = by;
    }
}

void StoreWorker::sync_if_due() {
    if (failed_ || !sync_by_ || clock_.now() < *sync_by_) return;
    if (!passed(store_->sync(), write_fault_)) {
        sync_by_ = clock_.now() + full_retry;
        return;
    }
    sync_by_.reset();
    tell_(LogSynced{store_->synced()});
}

/// Durable messages are refused before the disk is full, and taken again when it no longer is.
void StoreWorker::look_at_space() {
    if (failed_) return;
    std::optional<Error> why;
    const Status reserved = store_->reserve();
    const auto space = store_->space();
    if (!reserved) {
        if (!reserved.error().may_retry()) return fail(reserved.error());
        why = reserved.error();
    } else if (space) {
        why = why_refuse(*space);
    }
    if (space) tell_(SpaceSeen{*space});
    if (!why && write_again_ && !batches_.empty()) return;  // write() tells when it goes on
    look_again_ = clock_.now() + (why ? full_retry : space_interval);
    if (why.has_value() == refusing_) return;
    refusing_ = why.has_value();
    tell_(core::StorageState{std::move(why)});
}

std::optional<Error> StoreWorker::why_refuse(const store::Space& space) const {
    if (space.free_bytes >= bounds_.free_bytes_min) return std::nullopt;
    return error(ErrorCode::disk_full,
                 "the disk of the data directory has " + std::to_string(space.free_bytes) +
                     " bytes left and is to keep " + std::to_string(bounds_.free_bytes_min) +
                     "; make room, or lower storage.free_bytes_min");
}

void StoreWorker::finish() {
    if (failed_) return;
    write_again_.reset();
    write();
    if (!failed_) (void)store_->give_back();
}

void StoreWorker::tell_trouble(const Error& error) {
    const Instant now = clock_.now();
    if (told_trouble_ && now < *told_trouble_ + trouble_interval) return;
    told_trouble_ = now;
    tell_(StoreTrouble{error});
}

void StoreWorker::fail(const Error& error) {
    if (std::exchange(failed_, true)) return;
    tell_(core::StorageFailed{error});
}

}  // namespace zex::shell
