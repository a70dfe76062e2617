#include "broker/core/backlog.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace zex::core {

using facts::SequenceRange;

void Backlog::push(SequenceRange range) {
    size_ += range.last - range.first + 1;
    if (!runs_.empty() && runs_.back().last + 1 == range.first) {
        runs_.back().last = range.last;
    } else {
        runs_.push_back(range);
    }
}

void Backlog::pop() {
    ZEX_CHECK(!empty());
    --size_;
    SequenceRange& run = runs_.front();
    if (run.first++ == run.last) runs_.pop_front();
}

bool Backlog::take(std::uint64_t sequence) {
    const auto run = std::ranges::lower_bound(runs_, sequence, {}, &SequenceRange::last);
    if (run == runs_.end() || sequence < run->first) return false;
    --size_;
    const SequenceRange before{run->first, sequence - 1};
    const SequenceRange behind{sequence + 1, run->last};
    const bool has_before = run->first < sequence;
    const bool has_behind = sequence < run->last;
    if (has_before && has_behind) {
        *run = behind;
        runs_.insert(run, before);
    } else if (has_before || has_behind) {
        *run = has_before ? before : behind;
    } else {
        runs_.erase(run);
    }
    return true;
}

std::vector<std::uint64_t> Backlog::first(std::size_t most, std::uint64_t end) const {
    std::vector<std::uint64_t> sequences;
    sequences.reserve(std::min(most, size_));
    for (const SequenceRange& run : runs_) {
        for (std::uint64_t sequence = run.first; sequence <= run.last; ++sequence) {
            if (sequences.size() >= most || sequence >= end) return sequences;
            sequences.push_back(sequence);
        }
    }
    return sequences;
}

std::deque<SequenceRange> Backlog::take_all() {
    size_ = 0;
    return std::exchange(runs_, {});
}

}  // namespace zex::core
