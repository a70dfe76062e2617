#include "tests/store/scribe.h"

#include <algorithm>

#include "broker/facts/stored_message.h"

namespace zex::test {

Scribe::Scribe(store::Store& store, const store::Recovered& found, std::uint32_t segment_bytes)
    : store_(store),
      tape_(found.next_segment, {segment_bytes}),
      oldest_(found.segments.empty() ? found.next_segment : found.segments.front().number),
      model_(model_of(found, store)) {
    for (const store::RecoveredQueue& queue : found.queues) {
        for (const store::Run& run : queue.runs) {
            for (std::size_t i = 0; i < run.places.size(); ++i) {
                if (run.places[i]) places_[{queue.declared.queue, run.first + i}] = run.places[i];
            }
        }
    }
    made();
}

void Scribe::change(const facts::TopologyChange& what) {
    tape_.topology({&what, 1});
    made();
}

void Scribe::declare_exchange(const std::string& name) {
    model_.exchanges.insert(name);
    change(facts::ExchangeDeclared{name, "direct", false});
}

void Scribe::declare_queue(std::uint64_t id, const std::string& name) {
    model_.queues[id].name = name;
    facts::QueueDeclared declared;
    declared.queue = id;
    declared.name = name;
    change(declared);
}

void Scribe::remove_queue(std::uint64_t id) {
    model_.queues.erase(id);
    std::erase_if(model_.bindings, [id](const auto& row) { return std::get<2>(row) == id; });
    std::erase_if(places_, [id](const auto& row) { return row.first.first == id; });
    change(facts::QueueRemoved{id});
}

void Scribe::bind(const std::string& exchange, const std::string& key, std::uint64_t queue) {
    model_.bindings.emplace(exchange, key, queue);
    change(facts::Bound{exchange, key, queue});
}

void Scribe::unbind(const std::string& exchange, const std::string& key, std::uint64_t queue) {
    model_.bindings.erase({exchange, key, queue});
    change(facts::Unbound{exchange, key, queue});
}

facts::Place Scribe::enqueue(std::uint64_t queue, const std::string& payload, std::uint8_t flags) {
    ModelQueue& to = model_.queues.at(queue);
    const std::uint64_t sequence = to.next++;
    to.payloads[sequence] = payload;
    const facts::Place place =
        tape_.enqueued(queue, sequence, flags, {"logs", "error", "\x80", "\x80", payload});
    places_[{queue, sequence}] = place;
    made();
    return place;
}

void Scribe::settle(std::uint64_t queue, std::vector<facts::SequenceRange> ranges) {
    for (const facts::SequenceRange& range : ranges) {
        auto& payloads = model_.queues.at(queue).payloads;
        payloads.erase(payloads.lower_bound(range.first), payloads.upper_bound(range.last));
        places_.erase(places_.lower_bound({queue, range.first}),
                      places_.upper_bound({queue, range.last}));
    }
    tape_.settled(queue, ranges);
    made();
}

void Scribe::offer(std::uint64_t queue, std::uint64_t before) {
    std::uint64_t& offered = model_.queues.at(queue).offered;
    offered = std::max(offered, before);
    tape_.offered(queue, before);
    made();
}

Status Scribe::flush(bool sync) {
    if (sync) tape_.promise_sync();
    left_over_.push_back(tape_.take());
    submitted_ = facts();
    if (Status done = store_.write(left_over_); !done) return done;
    left_over_.clear();
    if (store_.synced() == store_.written()) confirmed_ = submitted_;
    return {};
}

Status Scribe::clean() {
    if (Status done = flush(true); !done) return done;
    if (oldest_ >= store_.written().segment) return {};
    facts::Place from{oldest_, 0};
    while (from) {
        auto piece = store_.read_segment(from, 700);
        if (!piece) return piece.error();
        for (const store::StoredRecord& record : piece->records) {
            const facts::Header& header = record.header;
            const auto at = places_.find({header.queue, header.sequence});
            if (record.damage || at == places_.end() || at->second != record.place) continue;
            const auto message = facts::read_message(record.body.view());
            at->second = tape_.kept(header.queue, header.sequence, header.flags, *message);
        }
        from = piece->next;
    }
    tape_.topology(model_.snapshot());
    if (Status done = flush(true); !done) return done;
    if (Status done = store_.remove_before(oldest_ + 1); !done) return done;
    ++oldest_;
    return {};
}

bool Scribe::allows(const std::string& text) const {
    return std::find(states_.begin() + static_cast<std::ptrdiff_t>(confirmed_),
                     states_.begin() + static_cast<std::ptrdiff_t>(submitted_) + 1,
                     text) != states_.begin() + static_cast<std::ptrdiff_t>(submitted_) + 1;
}

}  // namespace zex::test
