// File descriptors that libzmq accepted, watched from below: it bounds neither the frames of an
// unfinished message nor how long a peer may stay silent, so both are bounded here, by looking at
// what the kernel counts and cutting the connection under libzmq's feet.
//
// Thread: the broker thread.
// Invariants: a descriptor is cut only while it leads to the peer that it was accepted from, as
// libzmq may have closed it, and somebody else opened it, since we heard of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <sys/socket.h>

#include "common/base/time.h"

namespace zex::net {

class ConnectionGuard {
  public:
    struct Bounds {
        std::uint64_t unread_bytes = 64 << 20;       ///< received since the last whole message
        Duration silence = std::chrono::seconds(5);  ///< before the first message
        std::uint64_t descriptors = 4096;            ///< beyond: cut when accepted
    };
    explicit ConnectionGuard(Bounds bounds) : bounds_(bounds) {}

    /// False when it was one too many, and cut.
    bool accepted(int fd, Instant now);
    void lost(int fd) { accepted_.erase(fd); }

    struct Cuts {
        std::vector<int> flooding;  ///< too much without a whole message
        std::vector<int> idle;      ///< no message at all
    };
    /// Whole messages that came through the descriptor, ever; 0: none yet.
    using Messages = std::function<std::uint64_t(int fd)>;
    /// Cuts those past their bounds.
    Cuts check(Instant now, const Messages& messages);

    void cut(int fd);
    bool empty() const { return accepted_.empty(); }
    std::size_t size() const { return accepted_.size(); }

  private:
    struct Accepted {
        Instant since;
        bool cut = false;
        sockaddr_storage peer{};
        socklen_t peer_size = 0;
        std::uint64_t messages = 0;    ///< at the last check
        std::uint64_t base_bytes = 0;  ///< received when the last message had come
    };

    static bool leads_to(int fd, const Accepted& accepted);

    Bounds bounds_;
    std::map<int, Accepted> accepted_;
};

}  // namespace zex::net
