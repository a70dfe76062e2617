// Topology records are written twice in a row where they are small, so that one flipped bit costs
// nothing: what is declared gives all messages their meaning. Only one of two copies counts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "broker/facts/record.h"
#include "broker/log/place.h"

namespace zex::log {

/// Records up to this size are written twice.
inline constexpr std::size_t twin_bytes_max = 4096;

/// Tells second copies while the log is read in its order.
class Twins {
  public:
    /// A topology record at `place` is the copy of the one that was told before it.
    bool is_second(Place place, const facts::Header& header, std::string_view body) {
        const bool second = place == end_ && header.size <= twin_bytes_max && body == first_;
        if (second) {
            end_ = {};  // a third equal one is a change of its own
        } else {
            first_ = body;
            end_ = {place.segment, place.offset + header.size};
        }
        return second;
    }

  private:
    std::string first_;
    Place end_;  ///< of the first copy; nowhere where no second one is due
};

}  // namespace zex::log
