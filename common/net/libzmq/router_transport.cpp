#include "common/net/libzmq/router_transport.h"

#include <algorithm>

#include "common/base/check.h"

namespace zex::net {
namespace {

/// Messages taken from one listener before the next one has its turn.
constexpr int listener_share = 64;
/// libzmq does not tell when it has room again.
constexpr Duration retry_interval = std::chrono::milliseconds(1);
/// Of unheard peers; with more, nothing is read.
constexpr std::uint64_t held_up_bytes_max = 1 << 20;

}  // namespace

RouterTransport::RouterTransport(const TransportOptions& options, Context& context, Poller& poller,
                                 ConnectionIds& ids)
    : options_(options),
      context_(context),
      poller_(poller),
      ids_(ids),
      guard_({options.surplus_bytes, options.hello_timeout, options.connections}) {
    bell_.token = poller_.watch(bell_.wakeup.fd(), Poller::readable, bell_);
    ZEX_CHECK(bell_.token);
}

RouterTransport::~RouterTransport() {
    shut_down(Duration(0));
    poller_.forget(*bell_.token);
}

Result<std::string> RouterTransport::listen(const std::string& endpoint) {
    ZEX_CHECK(monitor_ == nullptr);
    auto listener = RouterListener::open(context_, endpoint, options_);
    if (!listener) return listener.error();
    unwatched_.push_back(listener->take_events());
    // libzmq's descriptor only wakes: wants_turn() looks before each wait.
    listener->token = poller_.watch(listener->socket().signal_fd(), Poller::readable, signals_);
    ZEX_CHECK(listener->token);
    listeners_.push_back(std::move(*listener));
    by_routing_id_.emplace_back();
    dry_.push_back(false);
    return listeners_.back().endpoint();
}

void RouterTransport::begin_turn(Instant now) {
    now_ = now;
    if (!monitor_ && !unwatched_.empty()) {
        monitor_ = std::make_unique<Monitor>(std::exchange(unwatched_, {}), bell_.wakeup);
    }
    std::fill(dry_.begin(), dry_.end(), false);
    // Looked at after the listeners are drained: what a lost connection had sent counts as from it.
    if (monitor_) monitor_->take(connection_events_);
}

bool RouterTransport::wants_turn() {
    if (!heard_again_.empty()) return true;
    if (held_up_bytes_ > held_up_bytes_max) return false;
    return std::any_of(listeners_.begin(), listeners_.end(),
                       [](RouterListener& listener) { return listener.socket().has_input(); });
}

bool RouterTransport::receive(Message& message) {
    if (receive_held_up(message)) return true;
    for (std::size_t tried = 0; tried <= listeners_.size() && !listeners_.empty();) {
        if (held_up_bytes_ > held_up_bytes_max) return false;
        if (share_left_ > 0 && !dry_[first_listener_]) {
            --share_left_;
            if (receive_from(first_listener_, message)) return true;
            continue;
        }
        first_listener_ = (first_listener_ + 1) % listeners_.size();
        share_left_ = listener_share;
        ++tried;
    }
    return false;
}

/// True with the next message of a peer that is heard. The listener is dry where it had none.
bool RouterTransport::receive_from(std::size_t listener, Message& message) {
    const Got got = listeners_[listener].socket().receive(frames_);
    if (got != Got::message) {
        is_shut_down_ = is_shut_down_ || got == Got::closed;
        dry_[listener] = true;
        return false;
    }
    Peer& peer = known(listener);
    ++peer.messages;
    if (peer.heard && peer.held_up.empty()) {
        give(peer, message);
        return true;
    }
    for (const Frame& frame : frames_) held_up_bytes_ += frame.size() + sizeof(Frame);
    peer.held_up.push_back(std::move(frames_));
    return false;
}

bool RouterTransport::receive_held_up(Message& message) {
    while (!heard_again_.empty()) {
        Peer* peer = find(heard_again_.front());
        if (peer == nullptr || !peer->heard || peer->held_up.empty()) {
            heard_again_.pop_front();
            continue;
        }
        frames_ = std::move(peer->held_up.front());
        peer->held_up.pop_front();
        for (const Frame& frame : frames_) held_up_bytes_ -= frame.size() + sizeof(Frame);
        give(*peer, message);
        return true;
    }
    return false;
}

/// The message in frames_, of which the first is the peer's routing id.
void RouterTransport::give(const Peer& peer, Message& message) {
    message = {peer.id, {}, std::min<std::size_t>(frames_.size() - 1, 2), frames_.size() > 3};
    for (std::size_t i = 0; i < message.frame_count; ++i) message.frames[i] = frames_[i + 1].view();
}

void RouterTransport::hear(ConnectionId id, bool heard) {
    Peer* peer = find(id);
    if (peer == nullptr || peer->heard == heard) return;
    peer->heard = heard;
    if (heard && !peer->held_up.empty()) heard_again_.push_back(id);
}

Sent RouterTransport::send(ConnectionId id, std::span<Outgoing> frames) {
    ZEX_CHECK(!frames.empty() && frames.size() <= 2);
    Peer* peer = find(id);
    if (peer == nullptr || peer->leaving) return Sent::unreachable;
    if (!peer->waiting.empty()) return Sent::would_block;
    std::vector<Frame> all;
    all.push_back(Frame::copy_of(peer->routing_id));
    std::uint64_t bytes = 0;
    for (Outgoing& frame : frames) {
        bytes += frame.size();
        if (std::string* text = frame.text()) {
            all.push_back(Frame::adopt(std::move(*text)));
        } else {
            all.push_back(Frame::of(*frame.slice()));
        }
    }
    const Sent result = listeners_[peer->listener].socket().send(all);
    if (result == Sent::sent) return result;
    if (result == Sent::would_block) {
        peer->waiting = std::move(all);
        peer->waiting_bytes = bytes;
        waiting_bytes_ += bytes;
        waiting_.push_back(id);
        return Sent::sent;
    }
    leave(*peer);
    return Sent::unreachable;
}

void RouterTransport::flush() {
    std::vector<ConnectionId> still;
    for (const ConnectionId id : std::exchange(waiting_, {})) {
        Peer* peer = find(id);
        if (peer == nullptr || peer->waiting.empty()) continue;
        const Sent result = listeners_[peer->listener].socket().send(peer->waiting);
        if (result == Sent::would_block) {
            still.push_back(id);
        } else {
            stop_waiting(*peer);
            if (result != Sent::sent) leave(*peer);
        }
    }
    waiting_ = std::move(still);
}

std::uint64_t RouterTransport::unread_bytes(ConnectionId id) const {
    const auto found = peers_.find(id);
    return found == peers_.end() ? 0 : found->second->waiting_bytes;
}

std::optional<PeerInfo> RouterTransport::peer(ConnectionId id) const {
    const auto found = peers_.find(id);
    if (found == peers_.end()) return std::nullopt;
    return found->second->info;
}

std::optional<Instant> RouterTransport::next_deadline() const {
    std::optional<Instant> next = probes_.next_deadline();
    const auto until = [&next](Instant deadline) {
        if (!next || deadline < *next) next = deadline;
    };
    if (!guard_.empty()) until(next_check_);
    if (!waiting_.empty()) until(now_ + retry_interval);
    if (!leavers_.empty() || !connection_events_.empty()) until(now_);
    return next;
}

TransportCounters RouterTransport::counters() const {
    TransportCounters all = counters_;
    if (monitor_) all.connection_events_dropped = monitor_->dropped();
    return all;
}

void RouterTransport::shut_down(Duration patience) {
    for (RouterListener& listener : listeners_) {
        if (listener.token) poller_.forget(*listener.token);
        listener.socket().set_linger(patience);
    }
    listeners_.clear();
    monitor_.reset();
}

}  // namespace zex::net
