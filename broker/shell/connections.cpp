#include "broker/shell/connections.h"

namespace zex::shell {

Connection* Connections::find(ConnectionId id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.get();
}

const Connection* Connections::find(ConnectionId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.get();
}

Connection& Connections::add(ConnectionId id, net::Transport& transport) {
    auto connection = std::make_unique<Connection>();
    connection->id = id;
    connection->transport = &transport;
    if (const auto peer = transport.peer(id)) {
        connection->peer = peer->text();
        connection->since = peer->since;
    }
    Connection& added = *connection;
    by_id_[id] = std::move(connection);
    return added;
}

}  // namespace zex::shell
