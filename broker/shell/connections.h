// The peers of all listeners: ZeroMQ's routing ids on one side, connection numbers on the other.
// No client ever sees a routing id.
//
// Thread: the broker thread.
// Invariants: a ConnectionId is never used again; a routing id that comes back after its
// connection was removed is a new connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/ids.h"
#include "common/net/frame.h"
#include "common/wire/protocol.h"

namespace zex::shell {

struct Connection {
    ConnectionId id;
    std::size_t listener = 0;
    std::string routing_id;
    std::string peer;       ///< "tcp://127.0.0.1:5695 from 127.0.0.1"
    std::optional<int> fd;  ///< none on inproc
    wire::Form form = wire::Form::json;
    SessionId session;         ///< none before hello
    std::string session_name;  ///< for the log
    std::string client;        ///< for the log: as it calls itself
    std::uint64_t messages = 0;
    bool leaving = false;  ///< unreachable; what it had sent before is still read

    /// A command of the tool `zex`.
    bool tool() const { return client.starts_with("zex "); }
    bool open() const { return static_cast<bool>(session); }
};

class Connections {
  public:
    Connection* find(std::size_t listener, std::string_view routing_id);
    Connection* find(ConnectionId id);

    /// `frames` is the peer's first message: its routing id, then what it sent.
    Connection& add(std::size_t listener, std::string_view endpoint,
                    std::span<const net::Frame> frames);
    void remove(ConnectionId id);

    std::vector<ConnectionId> through(int fd) const;
    std::uint64_t messages_through(int fd) const;

    std::size_t size() const { return by_id_.size(); }

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using ByRoutingId =
        std::unordered_map<std::string, std::unique_ptr<Connection>, Hash, std::equal_to<>>;

    std::uint64_t last_id_ = 0;
    std::vector<ByRoutingId> listeners_;
    std::unordered_map<ConnectionId, Connection*> by_id_;
    std::unordered_multimap<int, Connection*> by_fd_;
};

}  // namespace zex::shell
