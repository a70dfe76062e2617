#include "broker/log/fold.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "broker/facts/record.h"
#include "broker/facts/stored_message.h"
#include "broker/facts/topology_change.h"

namespace zex::log {
namespace {

void name_the_nameless(Recovered& found) {
    std::unordered_set<std::string> names;
    for (const RecoveredQueue& queue : found.queues) names.insert(queue.declared.name);
    for (RecoveredQueue& queue : found.queues) {
        if (!queue.declaration_lost) continue;
        std::string name = "recovered-" + std::to_string(queue.declared.queue);
        while (!names.insert(name).second) name += '+';
        queue.declared.name = name;
    }
}

}  // namespace

Fold::Seen* Fold::queue(std::uint64_t id) {
    if (last_ != nullptr && recent_ == id) return last_;
    last_id_ = std::max(last_id_, id);
    if (removed_.contains(id)) return nullptr;
    recent_ = id;
    last_ = &queues_[id];
    return last_;
}

Fold::Counted& Fold::counted(std::uint32_t segment) {
    if (counted_ == nullptr || counting_ != segment) {
        counting_ = segment;
        counted_ = &segments_[segment];
    }
    return *counted_;
}

bool Fold::take(Place place, const facts::Header& header, std::string_view body) {
    switch (header.kind) {
        case facts::Kind::enqueued:
        case facts::Kind::relocated: {
            const auto message = facts::read_message(header.flags, body);
            if (!message) return false;
            take_message(place, header, *message);
            break;
        }
        case facts::Kind::settled: {
            const auto ranges = facts::read_ranges(body);
            if (!ranges) return false;
            if (Seen* seen = queue(header.queue)) seen->fold.settled(*ranges, place.segment);
            break;
        }
        case facts::Kind::offered:
            if (Seen* seen = queue(header.queue)) {
                seen->fold.offered(header.sequence, place.segment);
            }
            break;
        case facts::Kind::progress: {
            const auto progress = facts::read_progress(body);
            if (!progress) return false;
            if (Seen* seen = queue(header.queue)) seen->fold.progress(*progress, place.segment);
            break;
        }
        case facts::Kind::topology:
            if (!take_topology(place, header, body)) return false;
            break;
        case facts::Kind::batch:
            break;
        default:  // of a newer program
            counted(place.segment).unknown_bytes += header.size;
            ++unknown_;
    }
    ++records_;
    return true;
}

void Fold::take_message(Place place, const facts::Header& header,
                        const facts::StoredMessage& message) {
    Counted& segment = counted(place.segment);
    ++segment.messages;
    segment.message_bytes += header.size;
    Seen* seen = queue(header.queue);
    if (seen == nullptr) return;
    ++seen->messages;
    seen->bytes += message.common.size() + message.own.size() + message.payload.size();
    if (header.kind == facts::Kind::relocated) {
        seen->fold.relocated(header.sequence, place);
    } else {
        seen->fold.enqueued(header.sequence, place);
    }
    if ((header.flags & facts::flag_offered) != 0) seen->fold.delivered(header.sequence);
}

bool Fold::take_topology(Place place, const facts::Header& header, std::string_view body) {
    const auto changes = facts::read_raw_changes(body);
    if (!changes) return false;
    if (twins_.is_second(place, header, body)) return true;
    for (const facts::RawChange& raw : *changes) {
        const auto change = facts::read_known(raw);
        if (change) {
            std::visit([this](const auto& what) { apply(what); }, *change);
        } else {
            counted(place.segment).unknown_bytes += cost_of(raw);
            ++unknown_;
        }
    }
    index(place, body);
    return true;
}

void Fold::index(Place place, std::string_view changes) {
    const std::uint64_t counting =
        topology_.add(place, changes, [this](const TopologyIndex::Entry& superseded) {
            segments_[superseded.place.segment].topology_bytes -= superseded.bytes;
        });
    if (counting > 0) segments_[place.segment].topology_bytes += counting;
}

/// What is left out is not to be written again.
void Fold::forget(const facts::TopologyChange& removal) {
    std::string changes;
    facts::append_to(changes, removal);
    index({}, changes);
}

void Fold::lost(std::string reason) {
    Damage damage;
    damage.file = "log";
    damage.reason = std::move(reason);
    damage_.push_back(std::move(damage));
}

void Fold::apply(const facts::ExchangeDeclared& change) {
    const auto [known, is_new] = exchanges_.try_emplace(change.name, change);
    if (is_new || known->second == change) return;
    // Nobody declares an exchange otherwise than it is: it was removed in between.
    lost("the record that removed the older exchange '" + change.name + "' is lost");
    forget(facts::ExchangeRemoved{change.name});
    apply(facts::ExchangeRemoved{change.name});
    exchanges_.emplace(change.name, change);
}

void Fold::apply(const facts::ExchangeRemoved& change) {
    exchanges_.erase(change.name);
    const auto first = bindings_.lower_bound({change.name, {}, 0});
    auto end = first;
    while (end != bindings_.end() && std::get<0>(*end) == change.name) ++end;
    bindings_.erase(first, end);
}

void Fold::apply(const facts::QueueDeclared& change) {
    Seen* seen = queue(change.queue);
    if (seen == nullptr) return;
    seen->is_declared = true;
    seen->declared = change;
    seen->fold.declared(change.next_sequence, change.offered);
}

void Fold::apply(const facts::QueueRemoved& change) {
    last_id_ = std::max(last_id_, change.queue);
    last_ = nullptr;
    queues_.erase(change.queue);
    removed_.insert(change.queue);
}

void Fold::apply(const facts::Bound& change) {
    Seen* seen = queue(change.queue);
    if (seen == nullptr) return;
    bindings_.emplace(change.exchange, change.key, change.queue);
}

void Fold::apply(const facts::Unbound& change) {
    bindings_.erase({change.exchange, change.key, change.queue});
}

/// Leaves out bindings of queues that were removed, and of exchanges whose declaration is lost.
void Fold::drop_orphans(Recovered& into) {
    for (const auto& [exchange, key, queue] : bindings_) {
        if (removed_.contains(queue)) continue;
        const facts::Bound bound{exchange, key, queue};
        if (exchanges_.contains(exchange)) {
            into.bindings.push_back(bound);
            queues_.at(queue).is_bound = true;
            continue;
        }
        lost("queue " + std::to_string(queue) + " was bound to exchange '" + exchange +
             "', whose declaration is lost");
        forget(facts::Unbound{exchange, key, queue});
    }
}

/// A name is free again only when its queue is removed: of two queues with one name the removal of
/// the older is lost.
void Fold::drop_namesakes(Recovered& into) {
    std::unordered_map<std::string_view, std::uint64_t> newest;
    for (const auto& [id, seen] : queues_) {
        if (!seen.is_declared) continue;
        std::uint64_t& holder = newest[seen.declared.name];
        holder = std::max(holder, id);
    }
    for (const auto& [id, seen] : queues_) {
        if (!seen.is_declared || newest[seen.declared.name] == id) continue;
        into.lost_removals.push_back({id, seen.declared.name});
    }
    std::ranges::sort(into.lost_removals, {}, &LostRemoval::queue);
    for (const LostRemoval& gone : into.lost_removals) {
        lost("the record that removed queue " + std::to_string(gone.queue) + ", named '" +
             gone.name + "', is lost; a later queue has that name");
        forget(facts::QueueRemoved{gone.queue});
        apply(facts::QueueRemoved{gone.queue});
    }
}

void Fold::finish_queue(std::uint64_t id, Seen& seen, Recovered& into) {
    RecoveredQueue queue;
    seen.fold.finish(queue);
    // Without all of these it is one that is gone, and its last settles.
    const bool is_there =
        seen.is_declared || seen.is_bound || queue.live > 0 || !queue.missing.empty();
    if (!is_there) return;
    queue.declared = std::move(seen.declared);
    queue.declared.queue = id;
    queue.declared.next_sequence = seen.fold.next_sequence();
    queue.declared.offered = seen.fold.offered_before();
    queue.progress_segment = seen.fold.told_in();
    queue.declaration_lost = !seen.is_declared;
    if (seen.messages > 0) queue.bytes = seen.bytes / seen.messages * queue.live;
    into.queues.push_back(std::move(queue));
}

void Fold::count_segments(Recovered& into) {
    std::unordered_map<std::uint32_t, std::uint64_t> live;
    std::uint32_t segment = 0;
    std::uint64_t* count = nullptr;
    for (const RecoveredQueue& queue : into.queues) {
        for (const Run& run : queue.runs) {
            for (const Place& place : run.places) {
                if (!place) continue;
                if (count == nullptr || place.segment != segment) {
                    segment = place.segment;
                    count = &live[segment];
                }
                ++*count;
            }
        }
    }
    for (RecoveredSegment& row : into.segments) {
        const Counted& seen = segments_[row.number];
        row.live = live[row.number];
        row.messages = seen.messages;
        row.message_bytes = seen.message_bytes;
        row.topology_bytes = seen.topology_bytes;
        row.unknown_bytes = seen.unknown_bytes;
    }
}

void Fold::finish(Recovered& into) {
    into.log_id = log_id_;
    drop_namesakes(into);
    drop_orphans(into);
    for (auto& [name, declared] : exchanges_) into.exchanges.push_back(std::move(declared));
    for (auto& [id, seen] : queues_) finish_queue(id, seen, into);
    name_the_nameless(into);
    std::ranges::sort(into.queues, {},
                      [](const RecoveredQueue& row) { return row.declared.queue; });
    into.last_queue = last_id_;
    into.records = records_;
    into.unknown = unknown_;
    into.damage.insert(into.damage.end(), damage_.begin(), damage_.end());
    count_segments(into);
    into.topology = std::move(topology_);
}

}  // namespace zex::log
