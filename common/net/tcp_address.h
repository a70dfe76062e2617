// Addresses of tcp endpoints: their text, what a name stands for, and what the kernel calls them.
//
// Thread: any. resolve() may ask a name server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include <zex/result.hpp>

namespace zex::net {

class TcpAddress {
  public:
    TcpAddress() = default;
    TcpAddress(const sockaddr* address, socklen_t size);
    static TcpAddress of_socket(int fd);  ///< its own end
    static TcpAddress any_of_both();      ///< [::], which takes IPv4, too
    static TcpAddress any_of_ipv4();

    int family() const { return storage_.ss_family; }
    const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const { return size_; }
    bool takes_both_families() const { return takes_both_families_; }

    std::uint16_t port() const;
    void set_port(std::uint16_t port);

    /// "127.0.0.1", "::1"; an IPv4 address that IPv6 carries is shown as one of IPv4.
    std::string text() const;
    bool is_loopback() const;
    /// What counts as one peer's address: IPv4 whole, of IPv6 the first 64 bits.
    std::string group() const;

  private:
    bool is_mapped() const;
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
    bool takes_both_families_ = false;
};

/// "HOST:PORT" in parts.
struct TcpEndpoint {
    std::string host;        ///< without brackets
    bool bracketed = false;  ///< as IPv6 addresses are
    std::uint16_t port = 0;

    static Result<TcpEndpoint> parse(std::string_view text);
    /// IPv4 first. Only of "*" there may be some that the system does not have.
    Result<std::vector<TcpAddress>> resolve() const;
    std::string host_text() const { return bracketed ? "[" + host + "]" : host; }
};

}  // namespace zex::net
