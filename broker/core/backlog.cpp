#include "broker/core/backlog.h"

#include <algorithm>

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

facts::Place* Backlog::find(std::uint64_t sequence) {
    auto run =
        std::upper_bound(runs_.begin(), runs_.end(), sequence,
                         [](std::uint64_t wanted, const Run& r) { return wanted < r.first; });
    if (run == runs_.begin()) return nullptr;
    --run;
    const std::uint64_t index = sequence - run->first;
    return index >= run->taken && index < run->places.size() ? &run->places[index] : nullptr;
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
