#include "broker/core/durable_state.h"

#include <algorithm>
#include <utility>

#include "broker/core/queue.h"
#include "broker/core/storage.h"

namespace zex::core {

using facts::SequenceRange;

DurableState::~DurableState() {
    storage_.forget(queue_);
    storage_.memory_bytes -= memory_bytes_;
}

bool DurableState::has_memory_for(std::uint64_t bytes) const {
    if (!backlog.empty()) return false;
    const std::uint64_t here = memory_bytes_ + bytes;
    if (here <= queue_window_bytes) return true;
    return here <= queue_memory_bytes && storage_.memory_bytes < storage_.memory_most;
}

void DurableState::entered_memory(std::uint64_t bytes) {
    memory_bytes_ += bytes;
    storage_.memory_bytes += bytes;
}

void DurableState::left_memory(std::uint64_t bytes) {
    memory_bytes_ -= bytes;
    storage_.memory_bytes -= bytes;
}

void DurableState::mark(std::uint64_t fact, std::uint64_t committed,
                        std::uint64_t delivered_up_to) {
    last_committed_ = std::max(last_committed_, committed);
    delivered_up_to_written_ = std::max(delivered_up_to_written_, delivered_up_to);
    const Mark mark{fact, last_committed_, delivered_up_to_written_};
    // Facts of one command are stored together.
    if (!marks_.empty() && marks_.back().fact > storage_.facts_before()) {
        marks_.back() = mark;
        return;
    }
    marks_.push_back(mark);
    storage_.await(fact, queue_.id);
}

void DurableState::commit(std::uint64_t fact) {
    while (!marks_.empty() && marks_.front().fact <= fact) {
        committed_ = marks_.front().committed;
        delivered_up_to_ = marks_.front().delivered_up_to;
        marks_.pop_front();
    }
}

void DurableState::restore(std::uint64_t committed, std::uint64_t delivered_up_to) {
    committed_ = last_committed_ = committed;
    delivered_up_to_ = delivered_up_to_written_ = delivered_up_to;
    delivered_before_restart = delivered_up_to;
}

void DurableState::settle(SequenceRange range) {
    if (settled_.empty()) storage_.settled_in(queue_);
    if (!settled_.empty() && settled_.back().last + 1 == range.first) {
        settled_.back().last = range.last;
    } else {
        settled_.push_back(range);
    }
}

std::vector<SequenceRange> DurableState::take_settled() {
    std::vector<SequenceRange> ranges = std::exchange(settled_, {});
    std::ranges::sort(ranges, {}, &SequenceRange::first);
    std::vector<SequenceRange> out;
    for (const SequenceRange& range : ranges) {
        if (!out.empty() && out.back().last + 1 == range.first) {
            out.back().last = range.last;
        } else {
            out.push_back(range);
        }
    }
    return out;
}

}  // namespace zex::core
