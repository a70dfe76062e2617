#include "common/net/libzmq/connection_guard.h"

#include <cstddef>
#include <cstring>

#include <linux/tcp.h>
#include <netinet/in.h>

namespace zex::net {
namespace {

/// Bytes that the kernel received on a TCP connection; nothing for other sockets.
std::optional<std::uint64_t> bytes_received(int fd) {
    tcp_info tcp{};
    socklen_t size = sizeof tcp;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &size) != 0) return std::nullopt;
    if (size < offsetof(tcp_info, tcpi_bytes_received) + sizeof tcp.tcpi_bytes_received) {
        return std::nullopt;
    }
    return tcp.tcpi_bytes_received;
}

}  // namespace

bool ConnectionGuard::accepted(int fd, Instant now) {
    Accepted entry;
    entry.since = now;
    entry.peer_size = sizeof entry.peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&entry.peer), &entry.peer_size) != 0) {
        entry.peer_size = 0;
    }
    accepted_[fd] = entry;
    if (accepted_.size() <= bounds_.descriptors) return true;
    cut(fd);
    return false;
}

ConnectionGuard::Cuts ConnectionGuard::check(Instant now, const Messages& messages) {
    Cuts cuts;
    for (auto& [fd, entry] : accepted_) {
        if (entry.cut) continue;
        const std::uint64_t count = messages(fd);
        if (count == 0 && now - entry.since > bounds_.silence) {
            cuts.idle.push_back(fd);
        }
        const std::optional<std::uint64_t> bytes = bytes_received(fd);
        if (!bytes) continue;
        if (count != entry.messages) {
            entry.messages = count;
            entry.base_bytes = *bytes;
        } else if (*bytes - entry.base_bytes > bounds_.unread_bytes) {
            cuts.flooding.push_back(fd);
        }
    }
    for (const int fd : cuts.flooding) cut(fd);
    for (const int fd : cuts.idle) cut(fd);
    return cuts;
}

bool ConnectionGuard::leads_to(int fd, const Accepted& accepted) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
    return size == accepted.peer_size && std::memcmp(&peer, &accepted.peer, size) == 0;
}

// shutdown and not close: the descriptor is libzmq's, who closes it when it reads the end.
void ConnectionGuard::cut(int fd) {
    const auto found = accepted_.find(fd);
    if (found == accepted_.end() || found->second.cut) return;
    found->second.cut = true;
    if (leads_to(fd, found->second)) ::shutdown(fd, SHUT_RDWR);
}

}  // namespace zex::net
