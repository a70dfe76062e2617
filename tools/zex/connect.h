// Connecting, with what a person needs to hear when it fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <zex/client.hpp>

#include "tools/zex/options.h"

namespace zex::tool {

/// What is wrong with an endpoint as it is written, and what was meant; nothing where it is good.
std::optional<std::string> endpoint_mistake(const std::string& endpoint);

/// A client for `command`. Errors: bad_argument at once where an endpoint is none; not_connected,
/// which names a host that has no address.
Result<Client> connect(const Globals& globals, std::string_view command);
Result<Client> connect(const Globals& globals, Options options);

}  // namespace zex::tool
