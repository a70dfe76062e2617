// The peers that have spoken, by their numbers: what the shell knows of each.
//
// Thread: the broker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "common/base/ids.h"
#include "common/net/transport.h"
#include "common/wire/protocol.h"

namespace zex::shell {

struct Connection {
    ConnectionId id;
    net::Transport* transport = nullptr;
    Instant since;     ///< accepted, or first heard
    std::string peer;  ///< "tcp://127.0.0.1:5695 from 127.0.0.1"
    wire::Form form = wire::Form::json;
    SessionId session;         ///< none before hello
    std::string session_name;  ///< for the log
    std::string client;        ///< for the log: as it calls itself

    /// A command of the tool `zex`.
    bool tool() const { return client.starts_with("zex "); }
    bool open() const { return static_cast<bool>(session); }
};

class Connections {
  public:
    Connection* find(ConnectionId id);
    const Connection* find(ConnectionId id) const;
    Connection& add(ConnectionId id, net::Transport& transport);
    void remove(ConnectionId id) { by_id_.erase(id); }

    std::size_t size() const { return by_id_.size(); }
    auto begin() const { return by_id_.begin(); }
    auto end() const { return by_id_.end(); }

  private:
    std::unordered_map<ConnectionId, std::unique_ptr<Connection>> by_id_;
};

}  // namespace zex::shell
