#include "client/resolver.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "common/net/wakeup.h"

namespace zex {
namespace {

constexpr std::string_view scheme = "tcp://";

struct Parts {
    std::string host;
    std::string port;
};

Parts parts_of(const std::string& endpoint) {
    const std::size_t colon = endpoint.rfind(':');
    return {endpoint.substr(scheme.size(), colon - scheme.size()), endpoint.substr(colon + 1)};
}

std::string text_of(const addrinfo& info) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (info.ai_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, info.ai_addr, sizeof address);
        ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
        return text.data();
    }
    sockaddr_in6 address{};
    std::memcpy(&address, info.ai_addr, sizeof address);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]";
}

/// An address of the host, one of IPv4 before others. Takes as long as the name server does.
Result<std::string> look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0) {
        return error(ErrorCode::not_connected,
                     "the name '" + host + "' cannot be resolved: " + ::gai_strerror(failed));
    }
    const addrinfo* best = found;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (each->ai_family == AF_INET) {
            best = each;
            break;
        }
    }
    std::string address = text_of(*best);
    ::freeaddrinfo(found);
    return address;
}

}  // namespace

struct Resolver::Lookups {
    std::mutex mutex;
    /// By host: nothing while it is being looked up.
    std::map<std::string, std::optional<Result<std::string>>> by_host;
    net::Wakeup wakeup;
};

Resolver::Resolver() : lookups_(std::make_shared<Lookups>()) {}
Resolver::~Resolver() = default;

int Resolver::fd() const {
    return lookups_->wakeup.fd();
}

bool Resolver::has_name(const std::string& endpoint) {
    if (!endpoint.starts_with(scheme)) return false;
    const std::string host = parts_of(endpoint).host;
    in_addr numeric{};
    return !host.starts_with('[') && ::inet_pton(AF_INET, host.c_str(), &numeric) != 1;
}

void Resolver::start(const std::string& endpoint) {
    wanted_ = endpoint;
    const std::string host = parts_of(endpoint).host;
    const std::lock_guard lock(lookups_->mutex);
    // A look-up under way from an earlier attempt serves this one too; what one has found that
    // nobody waited for is of old.
    const auto [entry, is_new] = lookups_->by_host.emplace(host, std::nullopt);
    if (!is_new && !entry->second) return;
    entry->second.reset();
    std::thread([lookups = lookups_, host] {
        Result<std::string> address = look_up(host);
        const std::lock_guard result_lock(lookups->mutex);
        lookups->by_host[host] = std::move(address);
        lookups->wakeup.ring();
    }).detach();
}

std::optional<Result<std::string>> Resolver::take() {
    if (wanted_.empty()) return std::nullopt;
    const Parts parts = parts_of(wanted_);
    const std::lock_guard lock(lookups_->mutex);
    lookups_->wakeup.clear();
    const auto found = lookups_->by_host.find(parts.host);
    if (found == lookups_->by_host.end() || !found->second) return std::nullopt;
    Result<std::string> address = std::move(*found->second);
    lookups_->by_host.erase(found);
    wanted_.clear();
    if (!address) return address;
    return Result<std::string>(std::string(scheme) + *address + ":" + parts.port);
}

}  // namespace zex
