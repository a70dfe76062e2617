#include "common/net/zmtp/greeting.h"

#include <algorithm>

#include "common/base/check.h"

namespace zex::net::zmtp {
namespace {

// Where the fields of the greeting begin.
constexpr std::size_t signature_end = 9;
constexpr std::size_t version = 10;
constexpr std::size_t mechanism_begin = 12;
constexpr std::size_t mechanism_size = 20;

}  // namespace

std::string greeting(std::string_view mechanism) {
    ZEX_CHECK(mechanism.size() <= mechanism_size);
    std::string bytes(greeting_size, '\0');
    bytes[0] = '\xff';
    bytes[signature_end] = '\x7f';
    bytes[version] = 3;
    bytes[version + 1] = 1;
    bytes.replace(mechanism_begin, mechanism.size(), mechanism);
    return bytes;
}

// The eight bytes within the signature are padding, which a peer fills as it likes, as is all that
// follows the mechanism. The minor version does not matter: what 3.0 has, 3.1 has, too.
std::optional<Refusal> greeting_fault(std::string_view bytes, std::string_view mechanism) {
    if (!bytes.empty() && bytes[0] != '\xff') return Refusal::not_zmtp;
    if (bytes.size() > signature_end && bytes[signature_end] != '\x7f') return Refusal::not_zmtp;
    if (bytes.size() > version && static_cast<std::uint8_t>(bytes[version]) < 3) {
        return Refusal::old_version;
    }
    if (bytes.size() <= mechanism_begin) return std::nullopt;
    std::string wanted(mechanism);
    wanted.resize(mechanism_size, '\0');
    const std::string_view named = bytes.substr(mechanism_begin, mechanism_size);
    if (!std::equal(named.begin(), named.end(), wanted.begin())) return Refusal::mechanism;
    return std::nullopt;
}

}  // namespace zex::net::zmtp
