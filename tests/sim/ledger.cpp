#include "tests/sim/ledger.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "tests/sim/failure.h"

namespace zex::sim {
namespace {

constexpr std::size_t digits = 12;

}  // namespace

std::string make_payload(std::uint64_t number, std::size_t size) {
    std::string text = std::to_string(number);
    text.insert(0, digits - text.size(), '0');
    text.resize(digits + size, static_cast<char>('a' + number % 26));
    return text;
}

std::uint64_t read_payload(std::string_view payload) {
    std::uint64_t number = 0;
    require(payload.size() >= digits, "a payload is too short");
    std::from_chars(payload.data(), payload.data() + digits, number);
    if (!payload.substr(digits).empty()) {
        const char filling = static_cast<char>('a' + number % 26);
        require(payload.find_first_not_of(filling, digits) == std::string_view::npos,
                "a payload is not as it was published");
    }
    return number;
}

Copy* Ledger::find(std::uint64_t queue, std::uint64_t sequence) {
    const auto at = queues.find(queue);
    if (at == queues.end()) return nullptr;
    const auto copy = at->second.copies.find(sequence);
    return copy == at->second.copies.end() ? nullptr : &copy->second;
}

void Ledger::record(const facts::Records& records, Now now) {
    made.clear();
    just_settled_.clear();
    facts::each_record(records.bytes(), [&](std::string_view record) {
        take(facts::unchecked_header(record), record.substr(facts::header_size), ++facts, now);
    });
}

void Ledger::take(const facts::Header& header, std::string_view body, std::uint64_t fact, Now now) {
    using facts::Kind;
    if (header.kind == Kind::topology) {
        std::vector<facts::TopologyChange> changes;
        const auto raws = facts::read_raw_changes(body);
        require(raws.has_value(), "the core wrote changes that cannot be read");
        for (const auto& raw : *raws) {
            const auto change = facts::read_known(raw);
            require(change.has_value(), "the core wrote a change that cannot be read");
            if (const auto* queue = std::get_if<facts::QueueDeclared>(&*change)) {
                LedgerQueue& to = queues[queue->queue];
                to.name = queue->name;
                to.durability = queue->durability;
                to.interval_ms = queue->interval_ms;
            } else if (const auto* gone = std::get_if<facts::QueueRemoved>(&*change)) {
                queues[gone->queue].removed = true;
            }
            changes.push_back(*change);
        }
        topology.record(fact, std::move(changes));
        return;
    }
    LedgerQueue& queue = queues[header.queue];
    if (header.kind == Kind::enqueued) {
        const auto message = facts::read_message(header.flags, body);
        require(message.has_value(), "the core wrote a message that cannot be read");
        Copy copy;
        copy.message = read_payload(message->payload);
        copy.bytes = static_cast<std::uint32_t>(message->payload.size());
        copy.fact = fact;
        copy.enqueued = now.steady;
        copy.enqueued_wall_ms = message->enqueued_ms;
        copy.offered = (header.flags & facts::flag_offered) != 0;
        if (copy.offered) queue.offered = std::max(queue.offered, header.sequence + 1);
        require(queue.copies.emplace(header.sequence, copy).second, "a sequence was given twice");
        made.push_back({copy.message, header.queue, header.sequence});
    } else if (header.kind == Kind::settled) {
        const auto ranges = facts::read_ranges(body);
        require(ranges.has_value(), "the core wrote ranges that cannot be read");
        for (const auto& range : *ranges) {
            auto at = queue.copies.lower_bound(range.first);
            for (; at != queue.copies.end() && at->first <= range.last; ++at) {
                at->second.settled_fact = fact;
                settled_.push_back({fact, header.queue, at->first});
                just_settled_.push_back(settled_.back());
            }
        }
    } else if (header.kind == Kind::offered) {
        queue.offered = std::max(queue.offered, header.sequence);
    } else if (header.kind == Kind::progress) {
        const auto progress = facts::read_progress(body);
        require(progress.has_value(), "the core wrote progress that cannot be read");
        queue.offered_at_stop = progress->offered;
    }
}

void Ledger::check_settled() {
    for (const Settled& settled : just_settled_) {
        Copy* copy = find(settled.queue, settled.sequence);
        if (copy != nullptr && !copy->held && queues[settled.queue].purges_waiting > 0) {
            copy->done = true;
        }
        if (copy != nullptr && !copy->done) {
            fail("a message is settled that nobody settled: queue, sequence", settled.queue,
                 settled.sequence);
        }
    }
}

void Ledger::set_synced(std::uint64_t fact) {
    if (fact <= synced) return;
    synced = fact;
    topology.synced(fact);
    while (!settled_.empty() && settled_.front().fact <= fact) {
        const Settled& settled = settled_.front();
        const auto queue = queues.find(settled.queue);
        if (queue != queues.end()) queue->second.copies.erase(settled.sequence);
        settled_.pop_front();
    }
}

bool Ledger::must_be_there(const LedgerQueue& queue, const Copy& copy, Cut cut) const {
    if (copy.done) return false;
    if (copy.secured || (copy.fact != 0 && copy.fact <= synced)) return true;
    if (!copy.promised) return cut != Cut::power && copy.fact <= committed;
    if (cut != Cut::power || queue.durability == facts::Durability::sync) return true;
    if (queue.durability == facts::Durability::none) return false;
    return last_worked >= copy.promised_at + std::chrono::milliseconds(queue.interval_ms);
}

bool Ledger::must_be_gone(const Copy& copy, Cut cut) const {
    if (copy.settled_fact != 0 && copy.settled_fact <= synced) return true;
    if (cut != Cut::power) {
        return copy.answered || (copy.settled_fact != 0 && copy.settled_fact <= committed);
    }
    return copy.answered && last_worked >= copy.answered_at + std::chrono::milliseconds(1000);
}

void Ledger::check_queue(const log::RecoveredQueue& found, Cut cut, const Flip& flip) {
    const std::uint64_t id = found.declared.queue;
    LedgerQueue& queue = queues[id];
    if (cut == Cut::stop) {  // nothing is flagged that nobody saw
        if (queue.offered_at_stop) queue.offered = *queue.offered_at_stop;
        for (auto& [sequence, copy] : queue.copies) copy.offered = false;
    }
    queue.offered_at_stop.reset();
    std::set<std::uint64_t> live;
    for (const log::Run& run : found.runs) {
        std::uint64_t sequence = run.first;
        for (const log::Place place : run.places) {
            if (place) live.insert(sequence);
            ++sequence;
        }
    }
    for (auto at = queue.copies.begin(); at != queue.copies.end();) {
        Copy& copy = at->second;
        const bool is_hit = flip.hits_message && flip.queue == id && flip.sequence == at->first;
        if (live.erase(at->first) > 0) {
            if (must_be_gone(copy, cut) && !flip.is_there) {
                fail("what was settled is back: queue, sequence", id, at->first);
            }
            copy.secured = true;
            copy.held = copy.done = copy.answered = false;
            copy.settled_fact = 0;
            copy.fact = 0;
            ++at;
            continue;
        }
        if (must_be_there(queue, copy, cut) && !is_hit) {
            fail("a message is lost: queue, sequence, number", id, at->first, copy.message);
        }
        at = queue.copies.erase(at);
    }
    if (!live.empty() && !flip.is_there) {
        fail("a message came from nowhere: queue, sequence", id, *live.begin());
    }
    for (const std::uint64_t sequence : live) {
        Copy& copy = queue.copies[sequence];
        copy.secured = copy.seen = true;
    }
    std::uint64_t seen_before = 0;
    for (const auto& [sequence, copy] : queue.copies) {
        if (copy.seen) seen_before = sequence + 1;
    }
    if (found.declared.offered < seen_before) {
        fail("recovery forgot a delivery: queue, before, offered, next", id, seen_before,
             found.declared.offered, found.declared.next_sequence);
    }
    if (flip.ever) queue.offered = std::max(queue.offered, found.declared.next_sequence);
    queue.next_first = std::min(queue.next_first, found.declared.next_sequence);
}

void Ledger::check(const log::Recovered& recovered, Cut cut, const Flip& flip) {
    if (!flip.is_there) topology.check(declared_in(recovered), cut == Cut::power ? 0 : committed);
    topology.restart(declared_in(recovered));
    std::set<std::uint64_t> there;
    for (const log::RecoveredQueue& queue : recovered.queues) {
        there.insert(queue.declared.queue);
        check_queue(queue, cut, flip);
    }
    std::erase_if(queues, [&](const auto& queue) { return !there.contains(queue.first); });
    for (auto& [id, queue] : queues) queue.removed = false;
    facts = committed = synced = 0;
    settled_.clear();
}

std::uint64_t Ledger::live_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [id, queue] : queues) {
        if (queue.removed) continue;
        bytes += 300;
        for (const auto& [sequence, copy] : queue.copies) bytes += copy.bytes + 120;
    }
    return bytes;
}

std::uint64_t Ledger::live() const {
    std::uint64_t count = 0;
    for (const auto& [id, queue] : queues) count += queue.copies.size();
    return count;
}

}  // namespace zex::sim
