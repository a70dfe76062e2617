// Why the ZMTP engine ends a connection.
#pragma once

#include <cstdint>
#include <string_view>

namespace zex::net::zmtp {

enum class Refusal : std::uint8_t {
    not_zmtp,         ///< no ZMTP greeting
    old_version,      ///< ZMTP 1 or 2
    mechanism,        ///< a security mechanism that is not served here
    bad_handshake,    ///< what followed the greeting is no READY
    socket_type,      ///< a socket type that cannot speak with a ROUTER here
    peer_error,       ///< the peer refused the connection
    bad_frame,        ///< reserved flags, a length beyond 2^63 - 1
    bad_command,      ///< a command that is malformed or does not belong here
    too_large,        ///< a message beyond the bound
    endless_message,  ///< too many bytes behind the second frame of one message
};

constexpr std::string_view text(Refusal refusal) {
    switch (refusal) {
        case Refusal::not_zmtp:
            return "it does not speak ZMTP";
        case Refusal::old_version:
            return "it speaks a version of ZMTP before 3.0";
        case Refusal::mechanism:
            return "it asks for another security mechanism";
        case Refusal::bad_handshake:
            return "its handshake is malformed";
        case Refusal::socket_type:
            return "its socket type is neither DEALER nor REQ";
        case Refusal::peer_error:
            return "it refused the connection";
        case Refusal::bad_frame:
            return "it sent a malformed frame";
        case Refusal::bad_command:
            return "it sent a malformed or unknown command";
        case Refusal::too_large:
            return "it sent a message beyond the bound";
        case Refusal::endless_message:
            return "it sent a message without end";
    }
    return {};
}

/// Before the first message can come.
constexpr bool is_of_handshake(Refusal refusal) {
    return refusal <= Refusal::peer_error;
}

}  // namespace zex::net::zmtp
