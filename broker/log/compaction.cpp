#include "broker/log/compaction.h"

#include <algorithm>

#include "broker/facts/topology_change.h"
#include "common/base/check.h"

namespace zex::log {
namespace {

/// Bodies of one piece.
constexpr std::size_t piece_bytes = 256 << 10;
/// A change as it is to be written again. What a declaration says of the queue's messages was true
/// where it stood; further on it must be true there, or all between would be missed.
std::string renewed(const Index& index, const facts::RawChange& raw) {
    const auto change = facts::read_known(raw);
    const auto* declared = change ? std::get_if<facts::QueueDeclared>(&*change) : nullptr;
    if (declared == nullptr) return std::string(raw.bytes);
    facts::QueueDeclared now = *declared;
    const facts::Progress progress = index.progress(now.queue);
    now.next_sequence = progress.next_sequence;
    now.offered = progress.offered;
    return facts::declared_again(raw, now);
}

/// Changes are gathered into records of about so many bytes.
constexpr std::size_t topology_bytes = 3 << 10;
/// Queues whose progress is written in one step.
constexpr std::size_t queues_a_step = 1000;

}  // namespace

std::optional<CompactionJob> Compaction::next(Index& index, const LogEnd& log,
                                              facts::Records& out) {
    if (stage_ == Stage::syncing && log.synced >= barrier_) {
        stage_ = Stage::removing;
        asked_ = true;
        return RemoveBefore{segment_ + 1};
    }
    if (asked_ || awaited_ > 0) return std::nullopt;
    if (stage_ == Stage::idle) {
        const auto oldest = index.segments().to_compact(log.synced.segment);
        if (!oldest) return std::nullopt;
        segment_ = *oldest;
        next_ = {segment_, segment_header_size};
        stage_ = index.segments().find(segment_)->is_dead() ? Stage::finishing : Stage::reading;
    }
    if (stage_ == Stage::finishing && finish(index, out)) {
        // What settled the last messages here may be on its way; it is on the disk before they go.
        barrier_ = log.end;
        stage_ = Stage::syncing;
    }
    if (stage_ != Stage::reading && stage_ != Stage::syncing) return std::nullopt;
    asked_ = true;
    if (stage_ == Stage::syncing) return SyncLog{};
    return ReadSegment{next_, piece_bytes};
}

/// True when nothing in the segment counts any more.
bool Compaction::finish(Index& index, facts::Records& out) {
    const Segments::Segment& segment = *index.segments().find(segment_);
    if (segment.live > 0 || segment.topology_bytes > 0) {
        look_for_damage(index, segment);
        return false;
    }
    for (const std::uint64_t queue : index.take_told_in(segment_, queues_a_step)) {
        out.progress(queue, index.progress(queue));
    }
    return out.empty();
}

/// Everything was read, and some of what counts was not there.
void Compaction::look_for_damage(const Index& index, const Segments::Segment& segment) {
    if (damage_) return;
    damage_.emplace();
    if (segment.live > 0) damage_->messages = index.messages_in(segment_);
    damage_->topology = segment.topology_bytes > 0;
}

void Compaction::read(Index& index, const SegmentPiece& piece, facts::Records& out) {
    ZEX_CHECK(stage_ == Stage::reading && asked_);
    asked_ = false;
    for (const StoredRecord& record : piece.records) {
        if (record.damage) continue;
        switch (record.header.kind) {
            case facts::Kind::enqueued:
            case facts::Kind::relocated: {
                const std::uint64_t sequence = record.header.sequence;
                if (index.find(record.header.queue, sequence) != record.place) break;
                facts::Header header = record.header;
                header.kind = facts::Kind::relocated;
                if (sequence < index.progress(header.queue).offered) {
                    header.flags |= facts::flag_offered;
                }
                out.raw(header, record.body.view());
                break;
            }
            case facts::Kind::topology:
                take_topology(index, record, out);
                break;
            case facts::Kind::settled:
            case facts::Kind::offered:
            case facts::Kind::progress:
            case facts::Kind::batch:
                break;
            default:  // of a newer program
                out.raw(record.header, record.body.view());
        }
    }
    flush_topology(out);  // before the core's next facts, which may supersede these
    next_ = piece.next;
    if (!next_) stage_ = Stage::finishing;
}

void Compaction::take_topology(Index& index, const StoredRecord& record, facts::Records& out) {
    const std::string_view body = record.body.view();
    const Place first{record.place.segment, record.place.offset - record.header.size};
    if (twins_.is_second(record.place, record.header, body)) return;
    const auto changes = facts::read_raw_changes(body);
    if (!changes) return;
    for (const facts::RawChange& raw : *changes) {
        // The index knows the first of two copies; that one may be damaged.
        if (!index.counts(record.place, raw) && !index.counts(first, raw)) continue;
        changes_ += renewed(index, raw);
        if (changes_.size() >= topology_bytes) flush_topology(out);
    }
}

void Compaction::flush_topology(facts::Records& out) {
    if (changes_.empty()) return;
    out.raw_topology(changes_);
    changes_.clear();
}

std::uint32_t Compaction::removed() {
    ZEX_CHECK(stage_ == Stage::removing);
    asked_ = false;
    stage_ = Stage::idle;
    return segment_;
}

}  // namespace zex::log
