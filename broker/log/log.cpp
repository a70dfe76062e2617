#include "broker/log/log.h"

#include <string_view>
#include <variant>

namespace zex::log {

Log::Log(Appender::Bounds bounds, Recovered& recovered)
    : index_(bounds.segment_bytes, recovered),
      appender_(recovered.next_segment, bounds),
      synced_(appender_.end()) {
    if (recovered.damage.empty()) return;
    // What recovery concludes from damage is written down, as the damage goes with its segment.
    facts::Records records;
    for (const RecoveredQueue& queue : recovered.queues) {
        const std::uint64_t id = queue.declared.queue;
        records.progress(id, index_.progress(id));
    }
    if (records.empty()) return;
    records.promise_sync();
    place(records);
}

void Log::append(const facts::Records& records) {
    if (records.empty()) return;
    appender_.count_facts(records);
    place(records);
}

void Log::place(const facts::Records& records) {
    const auto add = [this](Place place, std::string_view record) { index_.add(place, record); };
    const auto spare = [this](Place place, std::string_view record) {
        index_.add_spare(place, record.size());
    };
    std::string_view rest = records.bytes();
    while (!rest.empty()) {  // runs of records up to a topology record, then that
        std::size_t run = 0;
        std::size_t topology = 0;
        while (run < rest.size() && topology == 0) {
            const facts::Header header = facts::unchecked_header(rest.substr(run));
            if (header.kind == facts::Kind::topology)
                topology = header.size;
            else
                run += header.size;
        }
        appender_.append(rest.substr(0, run), add);
        const std::string_view record = rest.substr(run, topology);
        if (topology > twin_bytes_max) {
            appender_.append(record, add);
        } else if (topology > 0) {
            appender_.make_room(2 * topology);
            appender_.append(record, add);
            appender_.append(record, spare);
        }
        rest.remove_prefix(run + topology);
    }
    appender_.promise(records);
}

Batch Log::take() {
    Batch batch = appender_.take(synced_);
    const Place end = batch.end();
    index_.add_spare(end, batch_record_size);
    return batch;
}

void Log::written(const BatchWritten& done) {
    written_ = done.batch;
    synced(done.synced);
    if (compaction_.awaits() > 0 && compaction_.awaits() <= written_) compaction_.stored();
}

void Log::synced(Place place) {
    if (place > synced_) synced_ = place;
}

std::optional<CompactionJob> Log::next_job() {
    facts::Records records;
    auto job = compaction_.next(index_, {appender_.end(), synced_}, records);
    if (!records.empty()) {
        place(records);
        compaction_.await(appender_.batch());
    }
    if (job && std::holds_alternative<SyncLog>(*job) && has_batch()) {
        appender_.promise_sync();  // it goes to the store before any job
        return std::nullopt;
    }
    return job;
}

void Log::segment_read(const SegmentPiece& piece) {
    facts::Records records;
    compaction_.read(index_, piece, records);
    if (records.empty()) return;
    place(records);
    compaction_.await(appender_.batch());
}

void Log::segment_removed() {
    index_.removed(compaction_.removed());
}

}  // namespace zex::log
