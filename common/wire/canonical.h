// Walks MessagePack that this program wrote itself: properties as the broker keeps them, rows.
//
// Invariants: the bytes are well-formed. Bytes from a peer come through the decoder first; a cursor
// that runs past the end is a bug, and stops the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/wire/document.h"

namespace zex::wire {

/// A scalar whole; of a container its head, with the elements still to come.
struct CanonicalValue {
    Kind kind = Kind::null;
    std::uint64_t number = 0;  ///< of an integer or boolean; a negative one in two's complement
    double real = 0;
    std::string_view bytes = {};  ///< of a text or binary
    std::uint32_t count = 0;      ///< elements of an array, pairs of a map
};

class CanonicalCursor {
  public:
    explicit CanonicalCursor(std::string_view bytes) : bytes_(bytes) {}

    CanonicalValue next();
    std::string_view skip();  ///< passes one whole value and gives its bytes
    std::string_view rest() const { return bytes_.substr(at_); }

  private:
    std::string_view take(std::size_t size);
    std::uint64_t big_endian(std::size_t size);

    std::string_view bytes_;
    std::size_t at_ = 0;
};

}  // namespace zex::wire
