#include "broker/log/queue_fold.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace zex::log {
namespace {

using facts::SequenceRange;

constexpr std::uint64_t sequence_max = UINT64_MAX;
constexpr std::size_t loose_min = 1024;

// A hole in a run costs 8 bytes a message, a new run some 50.
constexpr std::uint64_t hole_max = 6;

void append(std::vector<Run>& runs, std::uint64_t sequence, Place place) {
    if (!runs.empty()) {
        Run& run = runs.back();
        const std::uint64_t end = run.first + run.places.size();
        if (sequence - end <= hole_max) {
            run.places.resize(run.places.size() + (sequence - end));
            run.places.push_back(place);
            return;
        }
    }
    runs.push_back({sequence, {place}});
}

/// Walks ranges beside sequences that rise.
class Membership {
  public:
    explicit Membership(const std::vector<SequenceRange>& ranges) : ranges_(ranges) {}
    bool holds(std::uint64_t sequence) {
        while (at_ < ranges_.size() && ranges_[at_].last < sequence) ++at_;
        return at_ < ranges_.size() && ranges_[at_].first <= sequence;
    }

  private:
    const std::vector<SequenceRange>& ranges_;
    std::size_t at_ = 0;
};

}  // namespace

void SequenceSet::add(SequenceRange range) {
    if (merged_.empty() || range.first > merged_.back().last) {
        if (!merged_.empty() && range.first == merged_.back().last + 1) {
            merged_.back().last = range.last;
        } else {
            merged_.push_back(range);
        }
    } else if (range.first >= merged_.back().first) {
        merged_.back().last = std::max(merged_.back().last, range.last);
    } else {
        loose_.push_back(range);
        if (loose_.size() > loose_min + merged_.size()) merge();
    }
}

void SequenceSet::merge() {
    if (loose_.empty()) return;
    std::vector<SequenceRange> all;
    all.reserve(merged_.size() + loose_.size());
    std::ranges::sort(loose_, {}, &SequenceRange::first);
    std::ranges::merge(merged_, loose_, std::back_inserter(all), {}, &SequenceRange::first,
                       &SequenceRange::first);
    merged_.clear();
    loose_.clear();
    for (const SequenceRange& range : all) add(range);
}

const std::vector<SequenceRange>& SequenceSet::ranges() {
    merge();
    return merged_;
}

/// The queue has come as far as `next`, by a record in this segment: as Index::advance() has it.
void QueueFold::advance(std::uint64_t next, std::uint32_t segment) {
    if (next < next_) return;
    next_ = next;
    told_in_ = segment;
}

void QueueFold::passed(std::uint64_t last, std::uint32_t segment) {
    if (last != sequence_max) advance(last + 1, segment);
}

void QueueFold::gap_before(std::uint64_t sequence) {
    if (due_ && *due_ < sequence) gaps_.push_back({*due_, sequence - 1});
    due_ = std::max(due_.value_or(0), sequence);
}

void QueueFold::enqueued(std::uint64_t sequence, Place place) {
    passed(sequence, place.segment);
    if ((due_ && sequence < *due_) || sequence == sequence_max) {
        relocated_.emplace_back(sequence,
                                place);  // late: written after a declaration that knew of it
        return;
    }
    gap_before(sequence);
    due_ = sequence + 1;
    if (dense_.empty() || dense_.back().end() != sequence) dense_.push_back({sequence, {}});
    dense_.back().places.push_back(place);
}

void QueueFold::relocated(std::uint64_t sequence, Place place) {
    passed(sequence, place.segment);
    relocated_.emplace_back(sequence, place);
}

void QueueFold::settled(std::span<const SequenceRange> ranges, std::uint32_t segment) {
    for (const SequenceRange& range : ranges) {
        passed(range.last, segment);
        settled_.add(range);
        forget_settled(range);
    }
}

void QueueFold::forget_settled(SequenceRange range) {
    while (!dense_.empty()) {
        Dense& front = dense_.front();
        while (!front.places.empty() && range.first <= front.first && front.first <= range.last) {
            front.places.pop_front();
            ++front.first;
        }
        if (!front.places.empty()) return;
        dense_.erase(dense_.begin());
    }
}

void QueueFold::offered(std::uint64_t before, std::uint32_t segment) {
    offered_ = std::max(offered_, before);
    advance(before, segment);
}

void QueueFold::delivered(std::uint64_t sequence) {
    if (sequence != sequence_max) offered_ = std::max(offered_, sequence + 1);
}

void QueueFold::progress(const facts::Progress& progress, std::uint32_t segment) {
    gap_before(progress.next_sequence);
    next_ = std::max(next_, progress.next_sequence);
    offered_ = progress.offered;
    told_in_ = segment;
}

void QueueFold::declared(std::uint64_t next, std::uint64_t offered_before) {
    gap_before(next);
    next_ = std::max(next_, next);
    offered_ = std::max(offered_, offered_before);
}

void QueueFold::put_relocated_in_place() {
    std::ranges::stable_sort(relocated_, {}, &std::pair<std::uint64_t, Place>::first);
    std::vector<std::pair<std::uint64_t, Place>> apart;
    auto run = dense_.begin();
    for (const auto& [sequence, place] : relocated_) {
        while (run != dense_.end() && run->end() <= sequence) ++run;
        if (run != dense_.end() && run->first <= sequence) {
            run->places[sequence - run->first] = place;
        } else if (!apart.empty() && apart.back().first == sequence) {
            apart.back().second = place;
        } else {
            apart.emplace_back(sequence, place);
        }
    }
    relocated_ = std::move(apart);
}

std::vector<SequenceRange> QueueFold::missing() {
    std::vector<SequenceRange> out;
    SequenceSet there;
    for (const SequenceRange& range : settled_.ranges()) there.add(range);
    for (const auto& [sequence, place] : relocated_) there.add({sequence, sequence});
    const std::vector<SequenceRange>& known = there.ranges();
    for (const SequenceRange& gap : gaps_) {
        std::uint64_t from = gap.first;
        auto next = std::ranges::lower_bound(known, from, {}, &SequenceRange::last);
        for (; next != known.end() && next->first <= gap.last; ++next) {
            if (next->first > from) out.push_back({from, next->first - 1});
            if (next->last >= gap.last) from = sequence_max;
            if (from == sequence_max) break;
            from = next->last + 1;
        }
        if (from <= gap.last) out.push_back({from, gap.last});
    }
    return out;
}

void QueueFold::finish(RecoveredQueue& into) {
    put_relocated_in_place();
    if (!gaps_.empty()) into.missing = missing();
    Membership settled(settled_.ranges());
    auto apart = relocated_.begin();
    const auto take = [&](std::uint64_t sequence, Place place) {
        if (settled.holds(sequence)) return;
        append(into.runs, sequence, place);
        ++into.live;
    };
    for (Dense& run : dense_) {
        for (; apart != relocated_.end() && apart->first < run.first; ++apart) {
            take(apart->first, apart->second);
        }
        for (; !run.places.empty(); ++run.first, run.places.pop_front()) {
            take(run.first, run.places.front());
        }
    }
    for (; apart != relocated_.end(); ++apart) take(apart->first, apart->second);
    if (!into.runs.empty()) into.runs.back().places.shrink_to_fit();  // of one run, often all
    dense_.clear();
    relocated_.clear();
}

}  // namespace zex::log
