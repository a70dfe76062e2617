#include "common/net/transport.h"

#include "common/base/text.h"

namespace zex::net {

std::string PeerInfo::text() const {
    std::string out = escaped(endpoint, 255);
    if (credentials) return out + " from process " + std::to_string(credentials->pid);
    return address.empty() ? out : out + " from " + escaped(address);
}

}  // namespace zex::net
