#include "bench/load/counting_proxy.h"

#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/fail.h"

namespace bench {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

// Moves what is there; false at the end of the stream.
bool pass(int from, int to, std::atomic<std::uint64_t>& count) {
    std::vector<char> buffer(64 * 1024);
    const ssize_t size = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) return false;
    for (ssize_t done = 0; done < size;) {
        const ssize_t n =
            ::send(to, buffer.data() + done, static_cast<std::size_t>(size - done), MSG_NOSIGNAL);
        if (n < 0) return false;
        done += n;
    }
    count += static_cast<std::uint64_t>(size);
    return true;
}

}  // namespace

CountingProxy::CountingProxy(const std::string& server)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* at = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, at, size) != 0 || ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, at, &size) != 0)
        fail_errno("the counting proxy cannot listen");
    endpoint_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, server] { run(server); });
}

CountingProxy::~CountingProxy() {
    stop_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

void CountingProxy::run(const std::string& server) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const sockaddr_in address =
        loopback(static_cast<std::uint16_t>(std::stoi(server.substr(server.rfind(':') + 1))));
    const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail_errno("the counting proxy finds no server");
    pollfd ends[2] = {{client, POLLIN, 0}, {broker, POLLIN, 0}};
    bool open = true;
    while (open && !stop_) {
        ::poll(ends, 2, 100);
        if (ends[0].revents != 0) open = pass(client, broker, to_server_);
        if (open && ends[1].revents != 0) open = pass(broker, client, to_client_);
    }
    ::close(client);
    ::close(broker);
}

}  // namespace bench
