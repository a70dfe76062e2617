// Where the messages of one queue stand in the log, by sequence: about 8 bytes each.
//
// Invariants: pages rise and do not overlap; no page is without a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "broker/facts/record.h"
#include "broker/log/place.h"

namespace zex::log {

class QueuePlaces {
  public:
    /// Gives the place that the message had before; nowhere where it had none.
    Place put(std::uint64_t sequence, Place place);
    /// Nowhere where it has none.
    Place find(std::uint64_t sequence) const;

    /// Forgets the messages of a range. Calls erased(place) for each that there was.
    template <class Erased>
    void erase(facts::SequenceRange range, const Erased& erased) {
        auto page = first_page(range.first);
        while (page != pages_.end() && page->first <= range.last) {
            page->each([&](std::uint64_t sequence, Place& place) {
                if (sequence < range.first || sequence > range.last) return;
                erased(std::exchange(place, Place{}));
                --page->live;
            });
            if (page->live == 0) {
                page = pages_.erase(page);
            } else {
                page->shrink();
                ++page;
            }
        }
    }

    /// Calls visit(sequence, place) for each, in rising order.
    template <class Visit>
    void each(const Visit& visit) const {
        for (const Page& page : pages_) {
            const_cast<Page&>(page).each(
                [&](std::uint64_t sequence, const Place& place) { visit(sequence, place); });
        }
    }

    bool empty() const { return pages_.empty(); }

  private:
    /// Sequences first, first+1, … while most of them are there; else only those that are.
    struct Page {
        std::uint64_t first = 0;
        std::size_t live = 0;
        std::vector<Place> places;
        std::vector<std::pair<std::uint32_t, Place>> sparse;  ///< distance from `first`, rising

        std::uint64_t end() const {
            return first + (sparse.empty() ? places.size() : sparse.back().first + 1);
        }
        Place* at(std::uint64_t sequence);
        void shrink();

        /// Calls visit(sequence, place) for each that is there.
        template <class Visit>
        void each(const Visit& visit) {
            for (std::size_t i = 0; i < places.size(); ++i) {
                if (places[i]) visit(first + i, places[i]);
            }
            for (auto& [distance, place] : sparse) {
                if (place) visit(first + distance, place);
            }
        }
    };
    static constexpr std::size_t page_size = 4096;

    /// The first page that ends behind this sequence.
    std::deque<Page>::iterator first_page(std::uint64_t sequence);
    void insert(std::uint64_t sequence, Place place);

    std::deque<Page> pages_;
};

}  // namespace zex::log
