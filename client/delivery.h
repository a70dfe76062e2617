// The frame that deliveries came in, kept alive by each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <zex/client.hpp>

#include "client/settle_buffer.h"
#include "common/net/frame.h"
#include "common/wire/protocol.h"

namespace zex {

/// Immutable once made. Views in `entries` point into `frames` or `copies`.
struct Delivery::Frame {
    std::vector<net::Frame> frames;
    std::deque<std::string> copies;  ///< of bytes that stood in the decoder
    std::vector<wire::DeliverEntry> entries;
    std::uint64_t first_tag = 0;
    std::uint64_t generation = 0;
    std::shared_ptr<SettleBuffer> settles;  ///< none: nothing to settle (no_ack)
};

/// Where deliveries are made. `deliver` is what the decoder gave for `frames`; without frames, all
/// bytes are copied.
class DeliveryFactory {
  public:
    using Frame = Delivery::Frame;

    static std::shared_ptr<const Frame> frame(std::vector<net::Frame> frames,
                                              const wire::Deliver& deliver,
                                              std::uint64_t generation,
                                              std::shared_ptr<SettleBuffer> settles);
    static Delivery delivery(std::shared_ptr<const Frame> frame, std::size_t index);
    static Status settle(const Delivery& delivery, wire::Settlement action, bool up_to = false);
};

}  // namespace zex
