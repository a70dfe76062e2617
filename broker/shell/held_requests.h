// Requests that came while the log was still being read, in the order of their coming: they are
// served when it is done, so that clients which come back with the broker wait and do not fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/ids.h"

namespace zex::shell {

/// Beyond so many bytes requests are answered with `starting`.
inline constexpr std::uint64_t held_bytes_most = 64 << 20;

class HeldRequests {
  public:
    struct Request {
        ConnectionId from;
        std::vector<std::string> frames;
    };

    /// Copies the frames. False where there is no room.
    bool hold(ConnectionId from, std::span<const std::string_view> frames) {
        std::uint64_t bytes = sizeof(Request);
        for (const std::string_view frame : frames) bytes += sizeof(std::string) + frame.size();
        if (bytes_ + bytes > held_bytes_most) return false;
        bytes_ += bytes;
        requests_.push_back({from, {frames.begin(), frames.end()}});
        return true;
    }

    std::vector<Request> take() {
        bytes_ = 0;
        return std::exchange(requests_, {});
    }

  private:
    std::vector<Request> requests_;
    std::uint64_t bytes_ = 0;
};

}  // namespace zex::shell
