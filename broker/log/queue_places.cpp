#include "broker/log/queue_places.h"

#include <algorithm>

namespace zex::log {
namespace {

/// Holes that a page takes in, rather than have a new page begin behind them.
constexpr std::uint64_t page_hole_max = 16;
/// A page with fewer messages than one in so many of its places keeps only those.
constexpr std::size_t sparse_below = 4;
constexpr std::size_t never_sparse = 64;

}  // namespace

Place* QueuePlaces::Page::at(std::uint64_t sequence) {
    if (sequence < first || sequence >= end()) return nullptr;
    const auto distance = static_cast<std::uint32_t>(sequence - first);
    if (sparse.empty()) return &places[distance];
    const auto found =
        std::ranges::lower_bound(sparse, distance, {}, &std::pair<std::uint32_t, Place>::first);
    return found != sparse.end() && found->first == distance ? &found->second : nullptr;
}

void QueuePlaces::Page::shrink() {
    if (!sparse.empty()) {
        if (live * 2 < sparse.size()) {
            std::erase_if(sparse, [](const auto& entry) { return !entry.second; });
            sparse.shrink_to_fit();
        }
        return;
    }
    if (places.size() < never_sparse || live * sparse_below >= places.size()) return;
    sparse.reserve(live);
    for (std::size_t distance = 0; distance < places.size(); ++distance) {
        if (!places[distance]) continue;
        sparse.emplace_back(static_cast<std::uint32_t>(distance), places[distance]);
    }
    places = {};
}

std::deque<QueuePlaces::Page>::iterator QueuePlaces::first_page(std::uint64_t sequence) {
    if (!pages_.empty() && pages_.front().end() > sequence) return pages_.begin();
    return std::ranges::upper_bound(pages_, sequence, {}, &Page::end);
}

Place QueuePlaces::find(std::uint64_t sequence) const {
    auto& self = const_cast<QueuePlaces&>(*this);
    const auto page = self.first_page(sequence);
    if (page == self.pages_.end()) return {};
    const Place* place = page->at(sequence);
    return place == nullptr ? Place{} : *place;
}

Place QueuePlaces::put(std::uint64_t sequence, Place place) {
    if (!pages_.empty()) {  // most often the next one
        Page& last = pages_.back();
        if (sequence >= last.end()) {
            const std::uint64_t holes = sequence - last.end();
            if (last.sparse.empty() && holes <= page_hole_max &&
                last.places.size() + holes < page_size) {
                last.places.resize(last.places.size() + holes);
                last.places.push_back(place);
                ++last.live;
                return {};
            }
        } else if (Place* there = first_page(sequence)->at(sequence); there != nullptr && *there) {
            return std::exchange(*there, place);
        }
    }
    insert(sequence, place);
    return {};
}

void QueuePlaces::insert(std::uint64_t sequence, Place place) {
    const auto next = first_page(sequence);
    if (next == pages_.end() || sequence < next->first) {
        pages_.insert(next, {sequence, 1, {place}, {}});
        return;
    }
    Page& page = *next;
    ++page.live;
    if (Place* there = page.at(sequence)) {
        *there = place;
        return;
    }
    const auto distance = static_cast<std::uint32_t>(sequence - page.first);
    const auto behind = std::ranges::lower_bound(page.sparse, distance, {},
                                                 &std::pair<std::uint32_t, Place>::first);
    page.sparse.insert(behind, {distance, place});
}

}  // namespace zex::log
