#include "tests/client/tcp_proxy.h"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace zex::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

TcpProxy::TcpProxy(const std::string& endpoint) {
    target_ = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bell_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
    stop_ = true;
    ring();
    thread_.join();
    for (Pair& pair : pairs_) drop(pair);
    close(listener_);
    close(bell_);
}

void TcpProxy::cut() {
    cut_ = true;
    ring();
}

void TcpProxy::refuse(bool on) {
    refuse_ = on;
}

void TcpProxy::ring() const {
    const std::uint64_t one = 1;
    if (write(bell_, &one, sizeof one) < 0) return;
}

void TcpProxy::run() {
    while (!stop_) {
        std::vector<pollfd> polled = {{bell_, POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const Pair& pair : pairs_) {
            polled.push_back({pair.client, POLLIN, 0});
            polled.push_back({pair.server, POLLIN, 0});
        }
        poll(polled.data(), polled.size(), -1);
        std::uint64_t rung = 0;
        if ((polled[0].revents & POLLIN) != 0 && read(bell_, &rung, sizeof rung) < 0) continue;
        const bool cut = cut_.exchange(false);
        std::vector<Pair> kept;
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            Pair& pair = pairs_[i];
            bool alive = !cut;
            if (polled[2 + 2 * i].revents != 0) alive &= move_bytes(pair.client, pair.server);
            if (polled[3 + 2 * i].revents != 0) alive &= move_bytes(pair.server, pair.client);
            alive ? kept.push_back(pair) : drop(pair);
        }
        pairs_ = std::move(kept);
        if ((polled[1].revents & POLLIN) != 0) accept();
    }
}

void TcpProxy::accept() {
    Pair pair;
    pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (refuse_) return drop(pair);
    pair.server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_);
    if (connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return drop(pair);
    }
    pairs_.push_back(pair);
}

bool TcpProxy::move_bytes(int from, int to) {
    std::array<char, 65536> bytes;
    const ssize_t got = recv(from, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    for (ssize_t sent = 0; sent < got;) {
        const ssize_t now =
            send(to, bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
        if (now <= 0) return false;
        sent += now;
    }
    return true;
}

// With a reset, so that what was under way is lost as on a broken line.
void TcpProxy::drop(Pair& pair) {
    const linger reset{1, 0};
    for (int fd : {pair.client, pair.server}) {
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
}

}  // namespace zex::test
