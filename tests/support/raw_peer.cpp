#include "tests/support/raw_peer.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace zex::test {
namespace {

constexpr std::uint8_t flag_more = 1;
constexpr std::uint8_t flag_long = 2;
constexpr std::uint8_t flag_command = 4;
constexpr std::size_t greeting_size = 64;

std::string big_endian(std::uint64_t value, std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) {
        text[bytes - 1 - i] = static_cast<char>(value >> (8 * i));
    }
    return text;
}

std::uint64_t from_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

std::string framed(std::uint8_t flags, std::string_view bytes) {
    const bool is_long = bytes.size() > 255;
    std::string out(1, static_cast<char>(flags | (is_long ? flag_long : 0)));
    out += big_endian(bytes.size(), is_long ? 8 : 1);
    out += bytes;
    return out;
}

}  // namespace

RawPeer::RawPeer(const std::string& endpoint) {
    constexpr std::string_view scheme = "tcp://";
    const std::size_t colon = endpoint.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1))));
    const std::string host = endpoint.substr(scheme.size(), colon - scheme.size());
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close();
        throw std::runtime_error("cannot connect to " + endpoint);
    }
    // A peer that was cut off while its window was closed hears of it only minutes later.
    const timeval patience{2, 0};
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

RawPeer::~RawPeer() {
    close();
}

void RawPeer::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string RawPeer::greeting() {
    std::string bytes = "\xff";
    bytes += std::string(8, '\0') + '\x7f';
    bytes += std::string("\x03\x00", 2);
    bytes += "NULL";
    bytes.resize(greeting_size, '\0');
    return bytes;
}

std::string RawPeer::frame(std::string_view bytes, bool more) {
    return framed(more ? flag_more : 0, bytes);
}

std::string RawPeer::command(std::string_view name, std::string_view body) {
    return framed(flag_command, big_endian(name.size(), 1) + std::string(name) + std::string(body));
}

void RawPeer::greet(std::string_view socket_type) {
    constexpr std::string_view property = "Socket-Type";
    const std::string ready = big_endian(property.size(), 1) + std::string(property) +
                              big_endian(socket_type.size(), 4) + std::string(socket_type);
    write(greeting() + command("READY", ready));
    if (!need(greeting_size, std::chrono::steady_clock::now() + std::chrono::seconds(5))) return;
    read_.erase(0, greeting_size);
}

bool RawPeer::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool RawPeer::send_frame(std::string_view bytes, bool more) {
    return write(frame(bytes, more));
}

bool RawPeer::send(std::initializer_list<std::string_view> frames) {
    std::string bytes;
    for (const std::string_view& part : frames) bytes += frame(part, &part + 1 != frames.end());
    return write(bytes);
}

bool RawPeer::read_more(Deadline deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::max<long>(left.count(), 0))) <= 0) return false;
    std::array<char, 65536> bytes{};
    const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    read_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

bool RawPeer::need(std::size_t bytes, Deadline deadline) {
    while (read_.size() < bytes) {
        if (!read_more(deadline)) return false;
    }
    return true;
}

std::optional<RawPeer::Part> RawPeer::next_part(Deadline deadline) {
    if (!need(2, deadline)) return std::nullopt;
    const auto flags = static_cast<std::uint8_t>(read_[0]);
    const std::size_t head = (flags & flag_long) != 0 ? 9 : 2;
    if (!need(head, deadline)) return std::nullopt;
    const std::size_t size = from_big_endian(std::string_view(read_).substr(1, head - 1));
    if (!need(head + size, deadline)) return std::nullopt;
    Part part{flags, read_.substr(head, size)};
    read_.erase(0, head + size);
    return part;
}

std::optional<std::vector<std::string>> RawPeer::receive(std::chrono::milliseconds patience) {
    const Deadline deadline = std::chrono::steady_clock::now() + patience;
    std::vector<std::string> frames;
    for (;;) {
        auto part = next_part(deadline);
        if (!part) return std::nullopt;
        if ((part->flags & flag_command) != 0) {
            if (part->bytes.starts_with("\x04PING")) write(command("PONG", ""));
            continue;
        }
        frames.push_back(std::move(part->bytes));
        if ((part->flags & flag_more) == 0) return frames;
    }
}

bool RawPeer::ends_within(std::chrono::milliseconds patience) {
    const Deadline deadline = std::chrono::steady_clock::now() + patience;
    while (read_more(deadline)) read_.clear();
    return std::chrono::steady_clock::now() < deadline;
}

}  // namespace zex::test
