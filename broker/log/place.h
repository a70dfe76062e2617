// Where a record stands in the log: which segment, and how many bytes from its start.
#pragma once

#include <compare>
#include <cstdint>

namespace zex::log {

struct Place {
    std::uint32_t segment = 0;  ///< 1, 2, 3, …; 0: nowhere
    std::uint32_t offset = 0;   ///< of the record's first byte in the segment's file

    explicit operator bool() const { return segment != 0; }
    auto operator<=>(const Place&) const = default;
};

}  // namespace zex::log
