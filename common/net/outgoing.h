// Bytes on their way out: a string of their own, or part of a block that others may show, too. So
// nothing is copied between the encoder and the kernel.
//
// Thread: as the bytes'.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/bytes.h"

namespace zex::net {

class Outgoing {
  public:
    Outgoing() = default;
    Outgoing(std::string bytes) : bytes_(std::move(bytes)) {}  // NOLINT
    Outgoing(Slice slice) : bytes_(std::move(slice)) {}        // NOLINT

    std::string_view view() const {
        if (const auto* text = std::get_if<std::string>(&bytes_)) return *text;
        return std::get<Slice>(bytes_).view();
    }
    std::size_t size() const { return view().size(); }

    /// The string, for more to be appended; null where the bytes are a slice.
    std::string* text() { return std::get_if<std::string>(&bytes_); }
    const Slice* slice() const { return std::get_if<Slice>(&bytes_); }

  private:
    std::variant<std::string, Slice> bytes_;
};

}  // namespace zex::net
