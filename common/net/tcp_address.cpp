#include "common/net/tcp_address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <unistd.h>

#include "common/base/check.h"

namespace zex::net {
namespace {

constexpr std::size_t mapped_prefix_bytes = 12;
constexpr std::size_t group_bytes = 8;

template <class Address>
const Address& as(const sockaddr_storage& storage) {
    return reinterpret_cast<const Address&>(storage);
}

const in6_addr& ipv6(const sockaddr_storage& storage) {
    return as<sockaddr_in6>(storage).sin6_addr;
}

/// An IPv6 that is switched off still has sockets, which cannot be bound.
bool has_ipv6() {
    const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    const TcpAddress any = TcpAddress::any_of_both();
    const bool bound = ::bind(probe, any.address(), any.size()) == 0;
    ::close(probe);
    return bound;
}

/// The addresses of an interface of this name.
std::vector<TcpAddress> addresses_of_interface(const std::string& name) {
    std::vector<TcpAddress> found;
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return found;
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, freeifaddrs);
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr || name != at->ifa_name) continue;
        if (at->ifa_addr->sa_family == AF_INET) {
            found.emplace_back(at->ifa_addr, static_cast<socklen_t>(sizeof(sockaddr_in)));
        }
    }
    return found;
}

}  // namespace

TcpAddress::TcpAddress(const sockaddr* address, socklen_t size) : size_(size) {
    ZEX_CHECK(size <= sizeof storage_);
    std::memcpy(&storage_, address, size);
}

TcpAddress TcpAddress::of_socket(int fd) {
    TcpAddress own;
    own.size_ = sizeof own.storage_;
    ZEX_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&own.storage_), &own.size_) == 0);
    return own;
}

TcpAddress TcpAddress::any_of_both() {
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_addr = in6addr_any;
    TcpAddress address(reinterpret_cast<const sockaddr*>(&any), sizeof any);
    address.takes_both_families_ = true;
    return address;
}

TcpAddress TcpAddress::any_of_ipv4() {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    return {reinterpret_cast<const sockaddr*>(&any), sizeof any};
}

std::uint16_t TcpAddress::port() const {
    return ntohs(family() == AF_INET6 ? as<sockaddr_in6>(storage_).sin6_port
                                      : as<sockaddr_in>(storage_).sin_port);
}

void TcpAddress::set_port(std::uint16_t port) {
    if (family() == AF_INET6) {
        reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in&>(storage_).sin_port = htons(port);
    }
}

bool TcpAddress::is_mapped() const {
    return family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&ipv6(storage_));
}

std::string TcpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    const void* bytes = &as<sockaddr_in>(storage_).sin_addr;
    if (family() == AF_INET6) bytes = &ipv6(storage_);
    if (is_mapped()) bytes = ipv6(storage_).s6_addr + mapped_prefix_bytes;
    const bool is_ipv6 = family() == AF_INET6 && !is_mapped();
    if (inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, bytes, out.data(), out.size()) == nullptr)
        return {};
    return out.data();
}

bool TcpAddress::is_loopback() const {
    if (family() == AF_INET6 && !is_mapped()) return IN6_IS_ADDR_LOOPBACK(&ipv6(storage_));
    return static_cast<std::uint8_t>(group()[0]) == IN_LOOPBACKNET;
}

std::string TcpAddress::group() const {
    const auto part = [](const void* bytes, std::size_t size) {
        return std::string(static_cast<const char*>(bytes), size);
    };
    if (family() != AF_INET6) return part(&as<sockaddr_in>(storage_).sin_addr, sizeof(in_addr));
    const std::uint8_t* bytes = ipv6(storage_).s6_addr;
    if (is_mapped()) return part(bytes + mapped_prefix_bytes, sizeof(in_addr));
    return part(bytes, group_bytes);
}

Result<TcpEndpoint> TcpEndpoint::parse(std::string_view text) {
    const Error fault = error(ErrorCode::bad_argument, "there is no host and port");
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return fault;
    TcpEndpoint out;
    const std::string_view port = text.substr(colon + 1);
    std::string_view host = text.substr(0, colon);
    out.bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (out.bracketed) host = host.substr(1, host.size() - 2);
    if (!out.bracketed && host.find(':') != std::string_view::npos) {
        return error(ErrorCode::bad_argument, "an IPv6 address stands in brackets, as [::1]");
    }
    out.host = host;
    if (port == "*") return out;
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (failure != std::errc() || end != port.data() + port.size()) return fault;
    return out;
}

Result<std::vector<TcpAddress>> TcpEndpoint::resolve() const {
    if (host == "*") {
        return std::vector{has_ipv6() ? TcpAddress::any_of_both() : TcpAddress::any_of_ipv4()};
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | (bracketed ? AI_NUMERICHOST : 0);
    addrinfo* first = nullptr;
    const int trouble = getaddrinfo(host.c_str(), nullptr, &hints, &first);
    if (trouble != 0) {
        auto found = addresses_of_interface(host);
        if (!found.empty()) return found;
        return error(ErrorCode::bad_argument, gai_strerror(trouble));
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(first, freeaddrinfo);
    std::vector<TcpAddress> found;
    for (const addrinfo* at = first; at != nullptr; at = at->ai_next) {
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
        const TcpAddress address(at->ai_addr, at->ai_addrlen);
        const auto same = [&](const TcpAddress& other) { return other.text() == address.text(); };
        if (std::ranges::none_of(found, same)) found.push_back(address);
    }
    std::ranges::stable_sort(found, [](const TcpAddress& a, const TcpAddress& b) {
        return a.family() == AF_INET && b.family() != AF_INET;
    });
    if (found.empty()) return error(ErrorCode::bad_argument, "the name has no address");
    return found;
}

}  // namespace zex::net
