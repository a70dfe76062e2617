#include "broker/core/backlog.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "common/base/check.h"

namespace zex::core {

void Backlog::push(const Entry& entry) {
    const bool continues = !runs_.empty() && runs_.back().places.size() < run_most &&
                           runs_.back().first + runs_.back().places.size() == entry.sequence;
    if (!continues) runs_.push_back({entry.sequence, 0, {}});
    runs_.back().places.push_back(entry.place);
    ++size_;
}

Backlog::Entry Backlog::front() const {
    ZEX_CHECK(!empty());
    const Run& run = runs_.front();
    return {run.first + run.taken, run.places[run.taken]};
}

void Backlog::pop() {
    ZEX_CHECK(!empty());
    Run& run = runs_.front();
    --size_;
    if (++run.taken == run.places.size()) runs_.pop_front();
}

std::vector<Backlog::Entry> Backlog::first(std::size_t most) const {
    std::vector<Entry> entries;
    entries.reserve(std::min(most, size_));
    each([&](const Entry& entry) {
        if (entries.size() >= most) return false;
        entries.push_back(entry);
        return true;
    });
    return entries;
}

std::deque<Backlog::Run>::iterator Backlog::run_of(std::uint64_t sequence) {
    auto run =
        std::upper_bound(runs_.begin(), runs_.end(), sequence,
                         [](std::uint64_t wanted, const Run& r) { return wanted < r.first; });
    if (run == runs_.begin()) return runs_.end();
    --run;
    const std::uint64_t index = sequence - run->first;
    return index >= run->taken && index < run->places.size() ? run : runs_.end();
}

facts::Place* Backlog::find(std::uint64_t sequence) {
    const auto run = run_of(sequence);
    return run == runs_.end() ? nullptr : &run->places[sequence - run->first];
}

std::optional<facts::Place> Backlog::take(std::uint64_t sequence) {
    const auto run = run_of(sequence);
    if (run == runs_.end()) return std::nullopt;
    const auto index = static_cast<std::ptrdiff_t>(sequence - run->first);
    const facts::Place place = run->places[sequence - run->first];
    // What stands behind it becomes a run of its own.
    const auto behind = run->places.begin() + index + 1;
    Run rest{sequence + 1, 0, {behind, run->places.end()}};
    run->places.resize(sequence - run->first);
    auto next = run->taken == run->places.size() ? runs_.erase(run) : std::next(run);
    if (!rest.places.empty()) runs_.insert(next, std::move(rest));
    --size_;
    return place;
}

std::vector<Backlog::Entry> Backlog::in_segment(std::uint32_t segment) const {
    std::vector<Entry> entries;
    each([&](const Entry& entry) {
        if (entry.place.segment == segment) entries.push_back(entry);
        return true;
    });
    return entries;
}

std::vector<Backlog::Entry> Backlog::take_all() {
    std::vector<Entry> entries = first(size_);
    runs_.clear();
    size_ = 0;
    return entries;
}

}  // namespace zex::core
