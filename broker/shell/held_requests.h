// Requests that came while the log was still being read, in the order of their coming: they are
// served when it is done, so that clients which come back with the broker wait and do not fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/net/frame.h"

namespace zex::shell {

/// Beyond so many bytes requests are answered with `starting`.
inline constexpr std::uint64_t held_bytes_most = 64 << 20;

class HeldRequests {
  public:
    struct Request {
        std::size_t listener = 0;
        std::vector<net::Frame> frames;
    };

    /// False where there is no room; then the frames are left alone.
    bool hold(std::size_t listener, std::span<net::Frame> frames) {
        std::uint64_t bytes = sizeof(Request);
        for (const net::Frame& frame : frames) bytes += frame.size();
        if (bytes_ + bytes > held_bytes_most) return false;
        bytes_ += bytes;
        Request& request = requests_.emplace_back();
        request.listener = listener;
        for (net::Frame& frame : frames) request.frames.push_back(std::move(frame));
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
