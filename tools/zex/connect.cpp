#include "tools/zex/connect.h"

#include <memory>
#include <utility>

#include <netdb.h>

#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

constexpr std::string_view tcp = "tcp://";

/// The host of a tcp endpoint; empty for others.
std::string host_of(const std::string& endpoint) {
    if (!endpoint.starts_with(tcp)) return {};
    std::string host = endpoint.substr(tcp.size(), endpoint.rfind(':') - tcp.size());
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    return host;
}

/// Why the name has no address, or nothing.
std::optional<std::string> unresolved(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    if (failed == 0) return std::nullopt;
    return std::string(::gai_strerror(failed));
}

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> endpoint_mistake(const std::string& endpoint) {
    const std::string quoted = "endpoint '" + printable(endpoint) + "' ";
    const std::size_t scheme_end = endpoint.find("://");
    if (scheme_end == std::string::npos) {
        const bool path = endpoint.starts_with("/");
        const bool port = endpoint.find(':') != std::string::npos;
        return quoted + "has no scheme; did you mean " +
               (path ? "ipc://" + endpoint : "tcp://" + endpoint + (port ? "" : ":5695")) + "?";
    }
    const std::string scheme = endpoint.substr(0, scheme_end);
    const std::string place = endpoint.substr(scheme_end + 3);
    if (scheme == "ipc" && !place.empty()) return std::nullopt;
    if (scheme != "tcp") return quoted + "is not of the form tcp://HOST:PORT or ipc://PATH";
    const std::size_t colon = place.rfind(':');
    if (colon == std::string::npos && !place.empty()) {
        return quoted + "has no port; did you mean " + endpoint + ":5695?";
    }
    if (colon == std::string::npos || colon == 0 || !is_port(place.substr(colon + 1))) {
        return quoted + "is not of the form tcp://HOST:PORT";
    }
    return std::nullopt;
}

Result<Client> connect(const Globals& globals, std::string_view command) {
    return connect(globals, client_options(globals, command));
}

Result<Client> connect(const Globals& globals, Options options) {
    for (const std::string& endpoint : globals.endpoints) {
        if (const auto mistake = endpoint_mistake(endpoint)) {
            return error(ErrorCode::bad_argument, *mistake);
        }
    }
    auto client = Client::connect(std::move(options));
    if (client || client.error().code == ErrorCode::bad_argument) return client;
    std::string unknown;
    for (const std::string& endpoint : globals.endpoints) {
        const std::string host = host_of(endpoint);
        if (host.empty()) return client;
        const auto why = unresolved(host);
        if (!why) return client;
        unknown += (unknown.empty() ? "" : "; ") +
                   ("no address is known for the host '" + printable(host) + "': " + *why);
    }
    return error(ErrorCode::not_connected, unknown);
}

}  // namespace zex::tool
