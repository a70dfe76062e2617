#include "broker/shell/storekeeper.h"

#include <algorithm>
#include <utility>

#include "broker/facts/record.h"
#include "broker/shell/entropy.h"
#include "broker/store/log_store.h"

namespace zex::shell {

Storekeeper::Storekeeper(Options options, const net::Wakeup& bell)
    : options_(std::move(options)),
      thread_(std::make_unique<store::LogStore>(
                  disk_, options_.directory,
                  store::LogStore::Options{.segment_bytes = options_.segment_bytes,
                                           .new_log_id = system_entropy() | 1}),
              {options_.free_bytes_min, options_.fresh}, bell) {}

std::vector<StoreEvent> Storekeeper::take() {
    std::vector<StoreEvent> events;
    thread_.take(events);
    return events;
}

core::Restored Storekeeper::restored_from(const store::Recovered& recovered) {
    core::Restored restored;
    restored.exchanges = recovered.exchanges;
    restored.bindings = recovered.bindings;
    restored.last_queue = recovered.last_queue;
    for (const store::RecoveredQueue& queue : recovered.queues) {
        core::RestoredQueue& out = restored.queues.emplace_back();
        out.declared = queue.declared;
        out.bytes = queue.bytes;
        out.messages.reserve(queue.live);
        for (const store::Run& run : queue.runs) {
            for (std::size_t i = 0; i < run.places.size(); ++i) {
                if (run.places[i]) out.messages.push_back({run.first + i, run.places[i]});
            }
        }
    }
    for (const store::RecoveredSegment& segment : recovered.segments) {
        restored.segments[segment.number] = {segment.bytes, segment.messages, segment.live,
                                             segment.has_topology};
    }
    return restored;
}

core::Loaded Storekeeper::loaded_from(const ReadDone& done) {
    core::Loaded loaded{done.job.queue, done.job.to_keep, {}};
    for (std::size_t i = 0; i < done.records.size(); ++i) {
        const store::StoredRecord& record = done.records[i];
        const core::Backlog::Entry& asked = done.job.messages[i];
        core::LoadedMessage& message = loaded.messages.emplace_back();
        message.sequence = asked.sequence;
        const bool right = !record.damage && record.header.sequence == asked.sequence &&
                           record.header.queue == done.job.queue.number();
        if (right) message.message = facts::read_message(record.body.view());
    }
    return loaded;
}

void Storekeeper::load(core::Load&& load) {
    thread_.push(ReadJob{load.queue, load.to_keep, std::move(load.messages)});
}

void Storekeeper::remove(const core::RemoveSegment& removal) {
    thread_.push(RemoveJob{removal.segment});
}

void Storekeeper::backup(BackupJob job) {
    thread_.push(std::move(job));
}

void Storekeeper::write(facts::Tape& tape) {
    if (!tape.empty()) thread_.push(tape.take());
}

}  // namespace zex::shell
