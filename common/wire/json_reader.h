// JSON bytes -> Document, on nlohmann's SAX interface: no tree of its own is ever built, and an
// envelope past a limit is refused while it is being read.
//
// Owns: the decoded strings that the document's views point into, until the next parse.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <zex/error.hpp>

#include "common/wire/document.h"

namespace zex::wire {

class JsonReader {
  public:
    /// One JSON value and nothing behind it. Gives `malformed` with the byte offset.
    std::optional<Error> parse(std::string_view json, const DecodeLimits& limits,
                               Document& document);

  private:
    std::string texts_;
};

}  // namespace zex::wire
