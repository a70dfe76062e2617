// What waits to be written to one connection, in order. Short frames are copied together, long ones
// are kept as they came.
//
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <sys/uio.h>

#include "common/net/outgoing.h"

namespace zex::net::zmtp {

class OutputQueue {
  public:
    /// One message: a ZMTP frame for each. The frames are moved from.
    void push_message(std::span<Outgoing> frames);
    void push_bytes(std::string_view bytes);  ///< as they are

    std::size_t bytes() const { return bytes_; }
    bool empty() const { return bytes_ == 0; }

    /// What is first to be written: fills `into` from its beginning, and gives how many it filled.
    std::size_t gather(std::span<iovec> into) const;
    void written(std::size_t bytes);  ///< the first ones

  private:
    std::vector<Outgoing> pieces_;  ///< those before first_ are written
    std::size_t first_ = 0;
    std::size_t offset_ = 0;  ///< written of the first piece
    std::size_t bytes_ = 0;
};

}  // namespace zex::net::zmtp
