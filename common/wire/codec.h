// Frames <-> protocol structs, for both forms of the envelope. One description of each operation's
// fields serves decoding and encoding, JSON and MessagePack, so that they cannot disagree.
//
// Thread: a Decoder belongs to one thread; the encode functions may be called from any.
// Errors: every refusal is an Error that names the field, or the byte offset for bytes that are no
// envelope at all. Nothing is allocated by a length that the peer declares.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include <zex/error.hpp>
#include <zex/result.hpp>

#include "common/wire/protocol.h"

namespace zex::wire {

/// Bounds while parsing. Past one of them the envelope is refused.
struct DecodeLimits {
    std::size_t depth = 32;               ///< nested maps and arrays
    std::size_t map_entries = 1000;       ///< in one map
    std::size_t text_bytes = 65536;       ///< one string, `data` excepted
    std::size_t message_bytes = 1048576;  ///< one payload
    std::size_t batch_messages = 65536;   ///< messages in one publish or deliver
    std::size_t nodes = 1048576;          ///< values in one envelope, all told
};

/// A failed decode, with as much as could be read of what is needed to answer it.
struct Refusal {
    Error error;
    std::optional<std::uint64_t> id;
    Form form = Form::json;
};

template <class T>
struct Decoded {
    Form form = Form::json;
    T value;
};

/// Turns frames into requests (in the broker) or replies (in the client). Keeps its buffers, so
/// that decoding does not allocate in the steady state.
class Decoder {
  public:
    explicit Decoder(DecodeLimits limits = {});
    ~Decoder();
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;

    /// `body` is nothing where the message has no body frame. Views in the result point into
    /// `envelope`, `body` and this decoder, and are good until the next call.
    std::variant<Decoded<Request>, Refusal> request(std::string_view envelope,
                                                    std::optional<std::string_view> body);
    std::variant<Decoded<Reply>, Refusal> reply(std::string_view envelope,
                                                std::optional<std::string_view> body);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The form that the first byte announces: `{` or white space is JSON, all else MessagePack.
Form form_of(std::string_view envelope);

Frames encode(Form form, const Request& request);
Frames encode(Form form, const Reply& reply);

/// How deliveries to one consumer are written.
struct DeliverStyle {
    bool batch = false;  ///< one envelope for all; else one each
    bool data = false;   ///< payload in the envelope; implies one each
};

/// Writes deliveries in frames of at most `batch_messages` messages and, past the first message
/// in a frame, at most `frame_bytes` of payloads and properties. Calls `send(Frames&&)` for each.
template <class Send>
void encode_deliver(Form form, const Deliver& deliver, std::optional<std::uint64_t> id,
                    DeliverStyle style, std::size_t frame_bytes, Send&& send);

/// One frame's worth of `deliver.messages[begin, end)`; what encode_deliver is made of.
Frames encode_deliver_frame(Form form, const Deliver& deliver, std::size_t begin, std::size_t end,
                            std::optional<std::uint64_t> id, DeliverStyle style);

template <class Send>
void encode_deliver(Form form, const Deliver& deliver, std::optional<std::uint64_t> id,
                    DeliverStyle style, std::size_t frame_bytes, Send&& send) {
    constexpr std::size_t batch_messages = 65536;
    const std::size_t most = style.batch && !style.data ? batch_messages : 1;
    const std::size_t total = deliver.messages.size();
    for (std::size_t begin = 0, end = 0; begin < total; begin = end) {
        std::size_t bytes = 0;
        for (end = begin; end < total && end - begin < most; ++end) {
            const DeliverEntry& entry = deliver.messages[end];
            const std::size_t size = entry.payload.size() + entry.own.size() + entry.common.size();
            if (end > begin && bytes + size > frame_bytes) break;
            bytes += size;
        }
        send(encode_deliver_frame(form, deliver, begin, end, id, style));
    }
}

}  // namespace zex::wire
