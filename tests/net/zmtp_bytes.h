// Bytes that a ZMTP peer sends, and what the protocol makes of them, for tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/zmtp/protocol.h"
#include "tests/support/raw_peer.h"

namespace zex::test {

inline std::string ready(std::string_view socket_type, std::string_view more = {}) {
    std::string data = std::string("\x0bSocket-Type", 12) + std::string("\0\0\0", 3);
    data += static_cast<char>(socket_type.size());
    data += socket_type;
    data += more;
    return RawPeer::command("READY", data);
}

inline std::string ping(std::string_view context = {}, std::string_view ttl = {"\0\0", 2}) {
    return RawPeer::command("PING", std::string(ttl) + std::string(context));
}

/// The first bytes of any DEALER.
inline std::string opening() {
    return RawPeer::greeting() + ready("DEALER");
}

/// What a Protocol made of bytes that came in pieces.
struct Heard {
    std::vector<std::vector<std::string>> messages;
    std::vector<bool> surplus;
    std::string output;
    std::optional<net::zmtp::Refusal> refusal;
    std::size_t most_held = 0;  ///< bytes that it left with its caller

    bool operator==(const Heard& other) const {
        return messages == other.messages && surplus == other.surplus && output == other.output &&
               refusal == other.refusal;
    }
};

/// Hands the protocol its bytes as a connection would, in pieces of `sizes`, which repeat.
class Listener {
  public:
    explicit Listener(net::zmtp::Protocol::Bounds bounds = {})
        : protocol_(net::zmtp::null_mechanism(), bounds) {}

    void take(std::string_view piece) {
        using Kind = net::zmtp::Protocol::Event::Kind;
        held_ += piece;
        while (!heard.refusal) {
            // A copy of exact size, so that a sanitizer sees a read behind its end.
            const std::vector<char> bytes(held_.begin(), held_.end());
            const auto event = protocol_.next({bytes.data(), bytes.size()});
            heard.output += protocol_.take_output();
            if (event.kind == Kind::message) {
                auto& message = heard.messages.emplace_back();
                for (std::size_t i = 0; i < event.frame_count; ++i) {
                    message.emplace_back(event.frames[i]);
                }
                heard.surplus.push_back(event.surplus);
            }
            if (event.kind == Kind::refused) heard.refusal = protocol_.refusal();
            if (event.kind == Kind::incomplete) break;
            held_.erase(0, event.consumed);
        }
        heard.most_held = std::max(heard.most_held, held_.size());
    }

    void take_in_pieces(std::string_view bytes, const std::vector<std::size_t>& sizes) {
        for (std::size_t at = 0, i = 0; at < bytes.size(); ++i) {
            const std::size_t size = std::max<std::size_t>(sizes[i % sizes.size()], 1);
            take(bytes.substr(at, size));
            at += size;
        }
    }

    bool is_ready() const { return protocol_.is_ready(); }
    Heard heard;

  private:
    net::zmtp::Protocol protocol_;
    std::string held_;
};

inline Heard heard_of(std::string_view bytes, std::vector<std::size_t> sizes = {1 << 20},
                      net::zmtp::Protocol::Bounds bounds = {}) {
    Listener listener(bounds);
    listener.take_in_pieces(bytes, sizes);
    return listener.heard;
}

}  // namespace zex::test
