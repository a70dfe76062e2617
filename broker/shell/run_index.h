// Finds the run of a consumer among those of one loop turn, in constant time: an open hash table
// of places that is emptied with each turn, so that it allocates nothing in the steady state.
//
// Thread: the broker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/ids.h"

namespace zex::shell {

class RunIndex {
  public:
    /// The number that the consumer was added under.
    std::optional<std::size_t> find(ConsumerId consumer) const {
        if (places_.empty()) return std::nullopt;
        const Place& place = places_[place_of(consumer)];
        if (!place.consumer) return std::nullopt;
        return place.number;
    }

    /// Gives the next number, from 0 up. Requires that the consumer is not there.
    void add(ConsumerId consumer) {
        if (2 * (count_ + 1) > places_.size()) grow();
        places_[place_of(consumer)] = {consumer, count_++};
    }

    void clear() {
        count_ = 0;
        if (places_.size() > most_kept) {
            places_ = {};
        } else {
            places_.assign(places_.size(), Place{});
        }
    }

  private:
    struct Place {
        ConsumerId consumer;  ///< none: free
        std::size_t number = 0;
    };
    static constexpr std::size_t fewest = 32;
    static constexpr std::size_t most_kept = 1024;

    /// Where the consumer stands, or the free place for it.
    std::size_t place_of(ConsumerId consumer) const {
        std::size_t at = consumer.number() & (places_.size() - 1);
        while (places_[at].consumer && places_[at].consumer != consumer) {
            at = (at + 1) & (places_.size() - 1);
        }
        return at;
    }

    void grow() {
        std::vector<Place> before(places_.empty() ? fewest : 2 * places_.size());
        before.swap(places_);
        for (const Place& place : before) {
            if (place.consumer) places_[place_of(place.consumer)] = place;
        }
    }

    std::vector<Place> places_;  ///< a power of two of them, at most half of them taken
    std::size_t count_ = 0;
};

}  // namespace zex::shell
