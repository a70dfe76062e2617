#include "bench/load/stream.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/fail.h"

namespace bench {

Stream::Stream(const std::string& endpoint) : in_(2 * kReadBytes) {
    const std::size_t colon = endpoint.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (colon == std::string::npos ||
        ::inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &address.sin_addr) != 1)
        fail("not HOST:PORT: " + endpoint);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1))));
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) fail_errno("socket");
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail_errno("connect to " + endpoint);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Stream::~Stream() {
    ::close(fd_);
}

void Stream::write_u16(std::uint16_t v) {
    const std::uint16_t n = htons(v);
    out_.append(reinterpret_cast<const char*>(&n), sizeof n);
}

void Stream::write_u32(std::uint32_t v) {
    const std::uint32_t n = htonl(v);
    out_.append(reinterpret_cast<const char*>(&n), sizeof n);
}

void Stream::write_u64(std::uint64_t v) {
    write_u32(static_cast<std::uint32_t>(v >> 32));
    write_u32(static_cast<std::uint32_t>(v));
}

void Stream::write_decimal(std::uint64_t v) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, v).ptr;
    out_.append(digits, static_cast<std::size_t>(end - digits));
}

void Stream::flush() {
    std::size_t done = 0;
    while (done < out_.size()) {
        const ssize_t n =
            ::send(fd_, out_.data() + done, out_.size() - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            done += static_cast<std::size_t>(n);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) fail_errno("send");
        pollfd entry{fd_, POLLIN | POLLOUT, 0};
        if (::poll(&entry, 1, 10'000) == 0) fail("the server takes no more bytes");
        if (entry.revents & POLLIN) read_now();
    }
    out_.clear();
}

bool Stream::read(int timeout_ms) {
    if (read_now()) return true;
    if (timeout_ms == 0) return false;
    pollfd entry{fd_, POLLIN, 0};
    return ::poll(&entry, 1, timeout_ms) > 0 && read_now();
}

bool Stream::read_now() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (in_.size() - end_ < kReadBytes) {
        std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        if (in_.size() - end_ < kReadBytes) in_.resize(2 * in_.size());
    }
    const ssize_t n = ::recv(fd_, in_.data() + end_, in_.size() - end_, MSG_DONTWAIT);
    if (n == 0) fail("the server closed the connection");
    if (n < 0 && errno != EAGAIN && errno != EINTR) fail_errno("recv");
    if (n <= 0) return false;
    end_ += static_cast<std::size_t>(n);
    return true;
}

}  // namespace bench
