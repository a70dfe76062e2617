// The brokers of the rows R1, R3 and R3a: as little as a ZeroMQ broker can do. Each serves until it
// is killed. A client speaks in one frame to publish and in several to control:
//
//     "S" key [credit]   subscribe; answered with "ok"
//     "A" count          (R3a) so many deliveries have been settled in all
#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// A message a frame; every subscriber gets each, whatever its key.
[[noreturn]] void serve_r1(const std::string& endpoint);
/// Batches, routed message by message by key and packed anew for each consumer.
[[noreturn]] void serve_r3(const std::string& endpoint, std::size_t frame_bytes);
/// The same with queues, credit, an unacked list, confirms and cumulative acks.
[[noreturn]] void serve_r3a(const std::string& endpoint, std::size_t frame_bytes);

/// Enough to keep 64 KiB and more under way with either kind of frame.
inline constexpr int kFrameHighWater = 64;
inline constexpr int kMessageHighWater = 10'000;

}  // namespace bench
