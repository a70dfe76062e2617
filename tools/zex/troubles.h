// What is wrong with a broker, in sentences, from what it tells about itself.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tools/zex/columns.h"

namespace zex::tool {

/// The worst first; empty: nothing. `status` is the answer to status, `queues` the rows of the list
/// of queues.
std::vector<std::string> troubles_of(const nlohmann::json& status, const Rows& queues);

}  // namespace zex::tool
