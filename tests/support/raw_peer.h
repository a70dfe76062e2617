// A ZMTP 3.0 peer written by hand over TCP: it sends what no ZeroMQ library would. For tests of
// what a broker does with hostile or broken clients.
//
// Thread: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zex::test {

class RawPeer {
  public:
    /// `endpoint` is "tcp://ADDRESS:PORT". Throws std::runtime_error where it cannot connect.
    explicit RawPeer(const std::string& endpoint);
    ~RawPeer();
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    /// The whole handshake: both greetings, and READY as a socket of this type.
    void greet(std::string_view socket_type = "DEALER");

    /// Bytes as they are. False when the connection is gone, or takes nothing for two seconds.
    bool write(std::string_view bytes);
    bool send_frame(std::string_view bytes, bool more = false);
    bool send(std::initializer_list<std::string_view> frames);

    /// The frames of the next message; commands (READY, PING) are left out, pings answered.
    /// Nothing when none came within `patience` or the connection ended.
    std::optional<std::vector<std::string>> receive(
        std::chrono::milliseconds patience = std::chrono::seconds(5));

    /// True when the other side has closed the connection within `patience`; what comes before is
    /// thrown away.
    bool ends_within(std::chrono::milliseconds patience = std::chrono::seconds(10));

    void close();  ///< without a word
    int fd() const { return fd_; }

    static std::string greeting();
    static std::string frame(std::string_view bytes, bool more = false);
    static std::string command(std::string_view name, std::string_view body);

  private:
    struct Part {
        std::uint8_t flags = 0;
        std::string bytes;
    };
    using Deadline = std::chrono::steady_clock::time_point;
    bool read_more(Deadline deadline);
    bool need(std::size_t bytes, Deadline deadline);
    std::optional<Part> next_part(Deadline deadline);

    int fd_ = -1;
    std::string read_;
};

}  // namespace zex::test
