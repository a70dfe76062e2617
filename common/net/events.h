// What libzmq tells about the connections under a socket: accepted, lost, failed to greet.
//
// Thread: open() belongs to the socket's thread, next() to the one thread that drains the events.
// Somebody must drain them: libzmq's I/O thread waits where they pile up. Open before bind or
// connect, to miss none; close the watched socket before this object.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "common/net/socket.h"

namespace zex::net {

struct ConnectionEvent {
    enum class Kind : std::uint8_t {
        connected,         ///< a connection that this side asked for is up; not yet greeted
        accepted,          ///< a connection from a peer is up; not yet greeted
        greeted,           ///< the ZMTP handshake is done
        lost,              ///< the connection is gone
        connect_failed,    ///< refused or timed out; libzmq will try again
        handshake_failed,  ///< it was no ZMTP, or not a socket type that fits
        accept_failed,     ///< for instance for want of file descriptors
    };
    Kind kind = Kind::lost;
    int value = 0;         ///< file descriptor; for failures the reason
    std::string endpoint;  ///< this socket's end
};

class ConnectionEvents {
  public:
    static Result<ConnectionEvents> open(Context& context, const Socket& watched);

    const Socket& socket() const { return socket_; }  ///< for poll()
    /// One event, or false when there is none now or the context is shut down.
    bool next(ConnectionEvent& event);

  private:
    explicit ConnectionEvents(Socket socket) : socket_(std::move(socket)) {}
    Socket socket_;
    std::vector<Frame> frames_;
};

}  // namespace zex::net
