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

bool Fold::take(Place place, const facts::Header& header, std::string_view body) {
    switch (header.kind) {
        case facts::Kind::enqueued:
        case facts::Kind::kept: {
            const auto message = facts::read_message(body);
            if (!message) return false;
            count_message(place);
            Seen* seen = queue(header.queue);
            if (seen == nullptr) break;
            ++seen->messages;
            seen->bytes += message->common.size() + message->own.size() + message->payload.size();
            const bool kept = header.kind == facts::Kind::kept;
            if (kept) seen->fold.kept(header.sequence, place);
            if (!kept) seen->fold.enqueued(header.sequence, place);
            if ((header.flags & facts::flag_offered) != 0) seen->fold.offered(header.sequence + 1);
            break;
        }
        case facts::Kind::settled: {
            const auto ranges = facts::read_ranges(body);
            if (!ranges) return false;
            if (Seen* seen = queue(header.queue)) seen->fold.settled(*ranges);
            break;
        }
        case facts::Kind::offered:
            if (!body.empty()) return false;
            if (Seen* seen = queue(header.queue)) seen->fold.offered(header.sequence);
            break;
        case facts::Kind::topology: {
            const auto changes = facts::read_changes(body);
            if (!changes) return false;
            for (const auto& change : *changes) {
                std::visit([this](const auto& what) { apply(what); }, change);
            }
            topology_segments_.insert(place.segment);
            break;
        }
    }
    ++records_;
    return true;
}

void Fold::count_message(Place place) {
    if (counted_ == nullptr || counting_ != place.segment) {
        counting_ = place.segment;
        counted_ = &messages_[place.segment];
    }
    ++*counted_;
}

void Fold::apply(const facts::ExchangeDeclared& change) {
    exchanges_.insert_or_assign(change.name, change);
}

void Fold::apply(const facts::ExchangeRemoved& change) {
    exchanges_.erase(change.name);
    std::erase_if(bindings_,
                  [&](const BindingKey& key) { return std::get<0>(key) == change.name; });
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
    std::erase_if(bindings_,
                  [&](const BindingKey& key) { return std::get<2>(key) == change.queue; });
}

void Fold::apply(const facts::Bound& change) {
    if (!removed_.contains(change.queue)) {
        bindings_.emplace(change.exchange, change.key, change.queue);
    }
}

void Fold::apply(const facts::Unbound& change) {
    bindings_.erase({change.exchange, change.key, change.queue});
}

void Fold::finish_queue(std::uint64_t id, Seen& seen, Recovered& into) {
    RecoveredQueue queue;
    seen.fold.finish(queue);
    // Without a declaration and without messages it is one that is gone, and its last settles.
    if (!seen.is_declared && queue.live == 0 && queue.missing.empty()) return;
    queue.declared = std::move(seen.declared);
    queue.declared.queue = id;
    queue.declared.next_sequence = seen.fold.next_sequence();
    queue.declared.offered = seen.fold.offered_before();
    queue.declaration_lost = !seen.is_declared;
    if (seen.messages > 0) queue.bytes = seen.bytes / seen.messages * queue.live;
    into.queues.push_back(std::move(queue));
}

void Fold::count_segments(Recovered& into) const {
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
        row.live = live[row.number];
        const auto messages = messages_.find(row.number);
        row.messages = messages == messages_.end() ? 0 : messages->second;
        row.has_topology = topology_segments_.contains(row.number);
    }
}

void Fold::finish(Recovered& into) {
    for (auto& [name, declared] : exchanges_) into.exchanges.push_back(std::move(declared));
    for (auto& [id, seen] : queues_) finish_queue(id, seen, into);
    name_the_nameless(into);
    std::ranges::sort(into.queues, {},
                      [](const RecoveredQueue& row) { return row.declared.queue; });
    for (const auto& [exchange, key, queue] : bindings_) {
        into.bindings.push_back({exchange, key, queue});
    }
    into.last_queue = last_id_;
    into.records = records_;

    count_segments(into);
    *this = Fold();
}

}  // namespace zex::log
