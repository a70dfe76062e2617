#include "broker/shell/connections.h"

#include <utility>

#include "common/base/text.h"

namespace zex::shell {
namespace {

/// libzmq writes the credentials of an ipc peer as "localhost:uid:gid:pid".
std::string described(std::string_view endpoint, std::string_view address) {
    std::string text = escaped(endpoint, 255);
    if (address.empty()) return text;
    const std::size_t last = address.rfind(':');
    if (endpoint.starts_with("ipc:") && last != std::string_view::npos) {
        return text + " from process " + escaped(address.substr(last + 1));
    }
    return text + " from " + escaped(address);
}

}  // namespace

Connection* Connections::find(std::size_t listener, std::string_view routing_id) {
    if (listener >= listeners_.size()) return nullptr;
    const auto found = listeners_[listener].find(routing_id);
    return found == listeners_[listener].end() ? nullptr : found->second.get();
}

Connection* Connections::find(ConnectionId id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

Connection& Connections::add(std::size_t listener, std::string_view endpoint,
                             std::span<const net::Frame> frames) {
    if (listener >= listeners_.size()) listeners_.resize(listener + 1);
    auto connection = std::make_unique<Connection>();
    connection->id = ConnectionId(++last_id_);
    connection->listener = listener;
    connection->routing_id = frames.front().view();
    // The routing id is made by libzmq; only what came through the connection tells its origin.
    connection->fd = frames.back().source_fd();
    connection->peer = described(endpoint, frames.back().peer_address());
    Connection& added = *connection;
    by_id_[added.id] = &added;
    if (added.fd) by_fd_.emplace(*added.fd, &added);
    listeners_[listener][added.routing_id] = std::move(connection);
    return added;
}

void Connections::remove(ConnectionId id) {
    Connection* connection = find(id);
    if (connection == nullptr) return;
    if (connection->fd) {
        auto [at, end] = by_fd_.equal_range(*connection->fd);
        while (at != end) at = at->second == connection ? by_fd_.erase(at) : std::next(at);
    }
    by_id_.erase(id);
    ByRoutingId& listener = listeners_[connection->listener];
    listener.erase(listener.find(std::string_view(connection->routing_id)));
}

std::vector<ConnectionId> Connections::through(int fd) const {
    std::vector<ConnectionId> ids;
    const auto [begin, end] = by_fd_.equal_range(fd);
    for (auto at = begin; at != end; ++at) ids.push_back(at->second->id);
    return ids;
}

std::uint64_t Connections::messages_through(int fd) const {
    std::uint64_t count = 0;
    const auto [begin, end] = by_fd_.equal_range(fd);
    for (auto at = begin; at != end; ++at) count += at->second->messages;
    return count;
}

}  // namespace zex::shell
