#include "common/net/zmtp/connection.h"

#include <array>
#include <cerrno>
#include <utility>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace zex::net::zmtp {
namespace {

constexpr std::size_t pieces_at_once = 64;
constexpr int drains_at_once = 16;
constexpr std::size_t own_output_max = 64 << 10;

using Kind = Protocol::Event::Kind;

}  // namespace

Connection::Connection(ConnectionId id, int fd, PeerInfo peer, Protocol::Bounds bounds,
                       Poller& poller, Owner& owner)
    : id_(id),
      fd_(fd),
      peer_(std::move(peer)),
      poller_(poller),
      owner_(owner),
      protocol_(null_mechanism(), bounds) {}

Connection::~Connection() {
    close();
}

void Connection::close() {
    unwatch();
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Connection::watch() {
    watched_ = Poller::readable;
    token_ = poller_.watch(fd_, watched_, *this);
    return token_.has_value();
}

void Connection::unwatch() {
    if (token_) poller_.forget(*std::exchange(token_, std::nullopt));
}

void Connection::update_watch() {
    const std::uint32_t wanted =
        (heard_ ? Poller::readable : 0) | (is_blocked_ ? Poller::writable : 0);
    if (!token_ || wanted == watched_) return;
    watched_ = wanted;
    poller_.change(*token_, wanted);
}

void Connection::on_ready(std::uint32_t what) {
    if ((what & (Poller::readable | Poller::broken)) != 0) is_dry_ = false;
    owner_.on_ready(*this, what);
}

void Connection::hear(bool heard) {
    heard_ = heard;
    is_dry_ = false;
    update_watch();
}

Connection::Reading Connection::next(Transport::Message& message, int& reads, Scratch& scratch) {
    input_.consume(std::exchange(consumed_, 0));
    for (;;) {
        const Protocol::Event event = protocol_.next(input_.bytes());
        if (protocol_.has_output()) answer();
        switch (event.kind) {
            case Kind::message:
                consumed_ = event.consumed;
                message = {id_, event.frames, event.frame_count, event.surplus};
                return Reading::message;
            case Kind::progress:
                input_.consume(event.consumed);
                continue;
            case Kind::refused:
                return Reading::refused;
            case Kind::incomplete:
                break;
        }
        if (is_dry_) return Reading::waits;
        if (reads == 0) return Reading::yields;
        const std::span<char> room = input_.room(protocol_.wanted(), scratch);
        const ssize_t got = ::recv(fd_, room.data(), room.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) {
            is_dry_ = true;
            return Reading::waits;
        }
        if (got <= 0) return Reading::ended;
        --reads;
        input_.received(static_cast<std::size_t>(got));
        is_dry_ = static_cast<std::size_t>(got) < room.size();
    }
}

/// A peer that lets so much wait hears that this side lives when it reads: it needs no PONG.
void Connection::answer() {
    const std::string output = protocol_.take_output();
    if (output_.bytes() < own_output_max) output_.push_bytes(output);
}

void Connection::rest() {
    input_.consume(std::exchange(consumed_, 0));
    input_.keep(protocol_.wanted());
}

bool Connection::drain(Scratch& scratch) {
    input_.clear();
    for (int i = 0; i < drains_at_once; ++i) {
        const ssize_t got = ::recv(fd_, scratch.data(), Scratch::size, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return true;
        if (got < 0) return false;
    }
    return false;
}

Connection::Writing Connection::flush() {
    Writing result = Writing::done;
    while (!output_.empty()) {
        std::array<iovec, pieces_at_once> pieces;
        msghdr header{};
        header.msg_iov = pieces.data();
        header.msg_iovlen = output_.gather(pieces);
        const ssize_t written = ::sendmsg(fd_, &header, MSG_NOSIGNAL);
        if (written >= 0) {
            output_.written(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EINTR) continue;
        result = errno == EAGAIN ? Writing::blocked : Writing::failed;
        if (result == Writing::failed) is_dry_ = false;  // the end of the stream is to be read
        break;
    }
    int waiting = 0;
    is_blocked_ = result == Writing::blocked;
    if (is_blocked_) ::ioctl(fd_, SIOCOUTQ, &waiting);
    kernel_bytes_ = static_cast<std::uint64_t>(waiting);
    update_watch();
    return result;
}

void Connection::end_output() {
    ::shutdown(fd_, SHUT_WR);
}

}  // namespace zex::net::zmtp
