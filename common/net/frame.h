// One frame of a ZeroMQ message, as libzmq holds it: received bytes are looked at in place, bytes
// to send are handed over without a copy where they are long enough for that to pay.
//
// Thread: a frame belongs to one thread at a time. libzmq's I/O thread releases what was sent.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace zex::net {

class Frame {
  public:
    Frame();
    ~Frame();
    Frame(Frame&& other) noexcept;
    Frame& operator=(Frame&& other) noexcept;

    static Frame copy_of(std::string_view bytes);
    static Frame adopt(std::string bytes);  ///< takes the string's buffer over
    static Frame of(Slice slice);           ///< keeps the slice's block alive until it is sent

    std::string_view view() const;
    std::size_t size() const { return view().size(); }

    /// The file descriptor that a received frame came through; nothing on inproc.
    std::optional<int> source_fd() const;
    /// "127.0.0.1" on tcp, "localhost:uid:gid:pid" on ipc; empty on inproc.
    std::string_view peer_address() const;

    void* handle() { return storage_.data(); }  ///< a zmq_msg_t*, for socket.cpp

  private:
    const void* handle() const { return storage_.data(); }
    alignas(void*) std::array<std::byte, 64> storage_;
};

}  // namespace zex::net
