#include "broker/log/index.h"

#include <algorithm>
#include <variant>

#include "broker/facts/topology_change.h"
#include "common/base/check.h"

namespace zex::log {

Index::Index(std::uint64_t segment_bytes, Recovered& recovered)
    : segments_(segment_bytes), topology_(std::move(recovered.topology)) {
    for (const RecoveredSegment& row : recovered.segments) {
        Segments::Segment& segment = segments_.at(row.number);
        segment = {row.bytes,         row.messages,       row.live,
                   row.message_bytes, row.topology_bytes, row.unknown_bytes};
    }
    for (RecoveredQueue& row : recovered.queues) {
        const std::uint64_t id = row.declared.queue;
        QueueEntry& entry = queue(id);
        entry.progress = {row.declared.next_sequence, row.declared.offered};
        tell(id, entry, row.progress_segment);
        for (Run& run : row.runs) {
            std::uint64_t sequence = run.first;
            for (const Place place : run.places) {
                if (place) entry.places.put(sequence, place);
                ++sequence;
            }
            run.places = {};
        }
    }
}

Index::QueueEntry& Index::queue(std::uint64_t id) {
    if (recent_ == nullptr || recent_id_ != id) {
        recent_ = &queues_[id];
        recent_id_ = id;
    }
    return *recent_;
}

/// The record at `place` says that the queue has come as far as `next`.
void Index::advance(std::uint64_t id, QueueEntry& entry, std::uint64_t next, Place place) {
    if (next < entry.progress.next_sequence) return;
    entry.progress.next_sequence = next;
    tell(id, entry, place.segment);
}

void Index::tell(std::uint64_t id, QueueEntry& entry, std::uint32_t segment) {
    if (entry.told_in == segment) return;
    entry.told_in = segment;
    told_in_[segment].push_back(id);
}

void Index::add_message(Place place, const facts::Header& header) {
    Segments::Segment& segment = segments_.at(place.segment);
    ++segment.messages;
    ++segment.live;
    segment.message_bytes += header.size;
    QueueEntry& entry = queue(header.queue);
    const Place before = entry.places.put(header.sequence, place);
    if (before) segments_.let_go(before);
    advance(header.queue, entry, header.sequence + 1, place);
    if ((header.flags & facts::flag_offered) != 0) {
        entry.progress.offered = std::max(entry.progress.offered, header.sequence + 1);
    }
}

void Index::add_settled(const facts::Header& header, std::string_view body, Place place) {
    const auto ranges = facts::read_ranges(body);
    ZEX_CHECK(ranges.has_value());
    QueueEntry& entry = queue(header.queue);
    for (const facts::SequenceRange& range : *ranges) {
        entry.places.erase(range, [this](Place gone) { segments_.let_go(gone); });
        advance(header.queue, entry, range.last + 1, place);
    }
}

void Index::declare_or_remove(const facts::RawChange& raw) {
    const auto change = facts::read_known(raw);
    if (!change) return;
    if (const auto* declared = std::get_if<facts::QueueDeclared>(&*change)) {
        facts::Progress& progress = queue(declared->queue).progress;
        progress.next_sequence = std::max(progress.next_sequence, declared->next_sequence);
        progress.offered = std::max(progress.offered, declared->offered);
    } else if (const auto* gone = std::get_if<facts::QueueRemoved>(&*change)) {
        queue(gone->queue).places.erase({0, UINT64_MAX}, [this](Place place) {
            segments_.let_go(place);
        });
        queues_.erase(gone->queue);
        recent_ = nullptr;
    }
}

void Index::add_topology(Place place, std::string_view body) {
    const auto changes = facts::read_raw_changes(body);
    ZEX_CHECK(changes.has_value());
    for (const facts::RawChange& raw : *changes) {
        declare_or_remove(raw);
        if (!facts::read_known(raw)) segments_.at(place.segment).unknown_bytes += cost_of(raw);
    }
    const std::uint64_t counting =
        topology_.add(place, body, [this](const TopologyIndex::Entry& superseded) {
            segments_.at(superseded.place.segment).topology_bytes -= superseded.bytes;
        });
    segments_.at(place.segment).topology_bytes += counting;
}

void Index::add(Place place, std::string_view record) {
    const facts::Header header = facts::unchecked_header(record);
    const std::string_view body = record.substr(facts::header_size);
    segments_.at(place.segment).bytes += record.size();
    switch (header.kind) {
        case facts::Kind::enqueued:
        case facts::Kind::relocated:
            return add_message(place, header);
        case facts::Kind::settled:
            return add_settled(header, body, place);
        case facts::Kind::offered: {
            QueueEntry& entry = queue(header.queue);
            entry.progress.offered = std::max(entry.progress.offered, header.sequence);
            return advance(header.queue, entry, header.sequence, place);
        }
        case facts::Kind::progress: {
            const auto progress = facts::read_progress(body);
            ZEX_CHECK(progress.has_value());
            QueueEntry& entry = queue(header.queue);
            entry.progress = *progress;
            return tell(header.queue, entry, place.segment);
        }
        case facts::Kind::topology:
            return add_topology(place, body);
        case facts::Kind::batch:
            return;
    }
    segments_.at(place.segment).unknown_bytes += record.size();
}

void Index::removed(std::uint32_t segment) {
    segments_.removed(segment);
    told_in_.erase(segment);
}

Place Index::find(std::uint64_t queue, std::uint64_t sequence) const {
    const auto found = queues_.find(queue);
    return found == queues_.end() ? Place{} : found->second.places.find(sequence);
}

facts::Progress Index::progress(std::uint64_t queue) const {
    return queues_.at(queue).progress;
}

std::vector<std::uint64_t> Index::take_told_in(std::uint32_t segment, std::size_t most) {
    std::vector<std::uint64_t> taken;
    const auto found = told_in_.find(segment);
    if (found == told_in_.end()) return taken;
    std::vector<std::uint64_t>& queues = found->second;
    while (!queues.empty() && taken.size() < most) {
        const auto entry = queues_.find(queues.back());
        if (entry != queues_.end() && entry->second.told_in == segment) {
            taken.push_back(queues.back());
        }
        queues.pop_back();
    }
    if (queues.empty()) told_in_.erase(found);
    return taken;
}

std::vector<std::pair<std::uint64_t, std::vector<std::uint64_t>>> Index::messages_in(
    std::uint32_t segment) const {
    std::vector<std::pair<std::uint64_t, std::vector<std::uint64_t>>> all;
    for (const auto& [id, entry] : queues_) {
        std::vector<std::uint64_t> sequences;
        entry.places.each([&](std::uint64_t sequence, Place place) {
            if (place.segment == segment) sequences.push_back(sequence);
        });
        if (!sequences.empty()) all.emplace_back(id, std::move(sequences));
    }
    std::ranges::sort(all);
    return all;
}

}  // namespace zex::log
