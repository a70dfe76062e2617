// Headings used lately, so that messages whose keys alternate find theirs made already. A fixed
// number of places, each with the latest heading that fell on it; a large one is not kept, so that
// what is held here is bounded: half a megabyte.
//
// Thread: the broker thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/core/message.h"

namespace zex::core {

class Headings {
  public:
    /// `place` is any number that is likely to differ where the heading does.
    HeadingRef get(std::uint64_t place, std::string_view exchange, std::string_view key,
                   std::string_view properties) {
        HeadingRef& kept = places_[spread(place)];
        if (kept && kept->is(exchange, key, properties)) return kept;
        HeadingRef made = HeadingRef::make(exchange, key, properties);
        if (exchange.size() + key.size() + properties.size() <= most_bytes) kept = made;
        return made;
    }

  private:
    static constexpr unsigned place_bits = 10;
    static constexpr std::size_t most_bytes = 440;

    /// The upper bits of a product depend on all bits of the number.
    static std::size_t spread(std::uint64_t place) {
        return static_cast<std::size_t>((place * 0x9e3779b97f4a7c15U) >> (64 - place_bits));
    }

    std::array<HeadingRef, std::size_t{1} << place_bits> places_;
};

}  // namespace zex::core
