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

/// Immutable once made. Views point into `frames` or `copies`. What neighbours share stands once,
/// so that a message costs four bytes here.
struct Delivery::Frame {
    /// Of the messages from `first` on, until the next heading.
    struct Heading {
        std::uint32_t first = 0;
        std::uint32_t deliveries = 1;
        std::string_view exchange;
        std::string_view key;
        wire::Properties common;
        wire::Properties own;
    };
    std::vector<net::Frame> frames;
    std::deque<std::string> copies;  ///< of bytes that stood in the decoder
    std::vector<Heading> headings;
    const char* payloads = nullptr;   ///< end to end
    std::vector<std::uint32_t> ends;  ///< of each message's payload, counted from `payloads`
    std::uint64_t first_tag = 0;
    std::uint64_t generation = 0;
    std::shared_ptr<SettleBuffer> settles;  ///< none: nothing to settle (no_ack)

    std::size_t size() const { return ends.size(); }
    const Heading& heading(std::size_t index) const;
    std::string_view payload(std::size_t index) const {
        const std::size_t begin = index > 0 ? ends[index - 1] : 0;
        return {payloads + begin, ends[index] - begin};
    }
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
    /// Messages [first, last) of the frame.
    static Deliveries deliveries(std::shared_ptr<const Frame> frame, std::size_t first,
                                 std::size_t last);
    static Status settle(const Delivery& delivery, wire::Settlement action, bool up_to = false);
    static Status settle(const Deliveries& deliveries, wire::Settlement action);
    /// Requeues without waking anybody: for who has the driver's turn.
    static Status give_back(const Delivery& delivery);
};

}  // namespace zex
