// A security mechanism: the commands of a handshake, from the greetings to the first message. One
// object serves one connection, and is done with when the handshake is. Pure.
//
// Thread: any, one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/zmtp/refusal.h"

namespace zex::net::zmtp {

class Mechanism {
  public:
    virtual ~Mechanism() = default;

    /// As in the greeting.
    virtual std::string_view name() const = 0;

    struct Outcome {
        bool done = false;  ///< messages may come
        std::optional<Refusal> refused;
    };

    /// The bytes of a command's frame. Frames to answer with are appended to `output`, also where
    /// the peer is refused.
    virtual Outcome on_command(std::string_view frame, std::string& output) = 0;
};

/// NULL: no encryption, no authentication. The peer must be a DEALER or a REQ.
std::unique_ptr<Mechanism> null_mechanism();

}  // namespace zex::net::zmtp
