// One peer's side of a ZMTP connection: what its bytes mean, and what ZMTP itself answers to them.
// Pure: bytes are handed in, where the caller holds them, and no socket is known. A peer can make
// it hold nothing but a few numbers.
//
// Thread: any, one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/net/zmtp/frame_header.h"
#include "common/net/zmtp/mechanism.h"
#include "common/net/zmtp/refusal.h"

namespace zex::net::zmtp {

class Protocol {
  public:
    /// `message_bytes` is the bound of one message with its headers; further frames than two, which
    /// are thrown away as they come, may have `surplus_bytes` in all.
    struct Bounds {
        std::uint64_t message_bytes = 64 << 10;
        std::uint64_t surplus_bytes = 64 << 20;
    };

    Protocol(std::unique_ptr<Mechanism> mechanism, Bounds bounds);

    void set_bounds(Bounds bounds) { bounds_ = bounds; }

    struct Event {
        enum class Kind : std::uint8_t {
            incomplete,  ///< nothing more can be told without more bytes
            progress,    ///< something of ZMTP's own, or of no use
            message,     ///< one message, in `frames`
            refused,     ///< the connection ends here; see refusal()
        };
        Kind kind = Kind::incomplete;
        std::size_t consumed = 0;  ///< bytes that need not be handed in again
        std::array<std::string_view, 2> frames;
        std::size_t frame_count = 0;
        bool surplus = false;  ///< more frames follow, and will be thrown away
    };

    /// What comes next. `bytes` are all that were received and not consumed, in one piece; between
    /// two calls they may move, and more may be appended. Views in the event point into them.
    Event next(std::string_view bytes);

    /// Bytes that next() must be handed at least, to tell more; 0 where that is not known.
    std::uint64_t wanted() const { return wanted_; }

    /// Takes what is to be sent, in its order: greeting, READY or ERROR, PONG.
    std::string take_output() { return std::exchange(output_, {}); }
    bool has_output() const { return !output_.empty(); }

    bool is_ready() const { return state_ >= State::traffic; }  ///< the handshake is done
    std::optional<Refusal> refusal() const { return refusal_; }

  private:
    enum class State : std::uint8_t { greeting, handshake, traffic, surplus, refused };

    Event next_greeting(std::string_view bytes);
    Event next_handshake(std::string_view bytes);
    Event next_traffic(std::string_view bytes);
    Event next_surplus(std::string_view bytes);
    std::optional<Event> read_frame(std::string_view bytes, FrameHeader& header);
    bool on_command(std::string_view frame);
    Event message(std::string_view bytes, bool surplus);
    Event refuse(Refusal why);
    Event incomplete(std::uint64_t wanted);

    struct Span {
        std::size_t begin = 0;
        std::size_t size = 0;
    };

    std::unique_ptr<Mechanism> mechanism_;  ///< none after the handshake
    Bounds bounds_;
    State state_ = State::greeting;
    std::optional<Refusal> refusal_;
    std::uint64_t wanted_ = 0;
    std::string output_;

    // Of the message that is begun:
    std::size_t scanned_ = 0;  ///< bytes, from its beginning
    std::array<Span, 2> frames_{};
    std::size_t frame_count_ = 0;
    std::size_t commands_in_message_ = 0;  ///< that stood between its frames

    // Of the frames that are thrown away:
    std::uint64_t surplus_left_ = 0;  ///< bytes of the present frame
    bool surplus_more_ = true;        ///< another frame follows it
    std::uint64_t surplus_seen_ = 0;
};

}  // namespace zex::net::zmtp
