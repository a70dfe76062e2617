#include "broker/shell/store_proxy.h"

#include <algorithm>
#include <utility>

#include "broker/facts/stored_message.h"
#include "common/base/check.h"

namespace zex::shell {
namespace {

/// How long what was settled waits for something else to be written with.
constexpr Duration settled_patience = std::chrono::milliseconds(10);

/// The sequences of runs that may have holes.
std::vector<facts::SequenceRange> ranges_of(const std::vector<log::Run>& runs) {
    std::vector<facts::SequenceRange> ranges;
    for (const log::Run& run : runs) {
        std::uint64_t sequence = run.first;
        for (const log::Place place : run.places) {
            if (place && !ranges.empty() && ranges.back().last + 1 == sequence) {
                ranges.back().last = sequence;
            } else if (place) {
                ranges.push_back({sequence, sequence});
            }
            ++sequence;
        }
    }
    return ranges;
}

}  // namespace

core::Restored StoreProxy::restore(log::Recovered& recovered) {
    core::Restored restored;
    restored.exchanges = recovered.exchanges;
    restored.bindings = recovered.bindings;
    restored.last_queue = recovered.last_queue;
    for (const log::RecoveredQueue& queue : recovered.queues) {
        restored.queues.push_back({queue.declared, ranges_of(queue.runs), queue.bytes});
    }
    written_ = {recovered.next_segment, log::segment_header_size};
    log_.emplace(bounds_, recovered);
    return restored;
}

void StoreProxy::append(const facts::Records& records) {
    if (!records.empty()) log_->append(records);
}

void StoreProxy::load(core::Load&& load) {
    ReadMessages job;
    job.queue = load.queue;
    job.sequences = std::move(load.sequences);
    log::Place last;
    for (const std::uint64_t sequence : job.sequences) {
        const log::Place place = log_->find(job.queue.number(), sequence);
        ZEX_CHECK(place);
        last = std::max(last, place);
        job.places.push_back(place);
    }
    if (last >= written_) write();  // one was relocated in this turn
    link_.push(std::move(job));
}

void StoreProxy::back_up(BackUp job) {
    write();
    link_.push(std::move(job));
}

core::Command StoreProxy::on(const BatchesWritten& event) {
    log_->written(event.log);
    return event.core;
}

void StoreProxy::on(const LogSynced& event) {
    log_->synced(event.synced);
}

core::Loaded StoreProxy::on(const MessagesRead& event) {
    core::Loaded loaded{event.job.queue, {}};
    for (std::size_t i = 0; i < event.records.size(); ++i) {
        const log::StoredRecord& record = event.records[i];
        core::LoadedMessage& message = loaded.messages.emplace_back();
        message.sequence = event.job.sequences[i];
        const bool right = !record.damage && record.header.sequence == message.sequence &&
                           record.header.queue == event.job.queue.number();
        if (right) {
            message.message = facts::read_message(record.header.flags, record.body.view());
        }
    }
    return loaded;
}

void StoreProxy::on(const SegmentRead& event) {
    log_->segment_read(event.piece);
}

void StoreProxy::on(const SegmentsRemoved&) {
    log_->segment_removed();
}

std::vector<core::Command> StoreProxy::take_damage() {
    std::vector<core::Command> commands;
    if (is_starting()) return commands;
    if (auto damage = log_->take_damage()) {
        for (auto& [queue, sequences] : damage->messages) {
            commands.emplace_back(core::RecordsDamaged{QueueId(queue), std::move(sequences)});
        }
        if (damage->topology) commands.emplace_back(core::TopologyDamaged{});
    }
    return commands;
}

void StoreProxy::write() {
    write_by_.reset();
    if (!log_ || !log_->has_batch()) return;
    log::Batch batch = log_->take();
    facts_written_ = batch.facts;
    written_ = batch.end();
    link_.push(std::move(batch));
}

void StoreProxy::end_turn(Instant now, std::uint64_t awaited, bool hurry) {
    if (!log_) return;
    const auto push_jobs = [this] {
        while (auto job = log_->next_job()) {
            write();  // what the job relies on comes before it
            std::visit([this](auto& what) { link_.push(std::move(what)); }, *job);
        }
    };
    push_jobs();
    if (!log_->has_batch()) return;
    if (log_->promises_sync() || awaited > facts_written_ || hurry) return write();
    if (!write_by_) write_by_ = now + settled_patience;
    if (now >= *write_by_) write();
}

}  // namespace zex::shell
