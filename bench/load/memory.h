// Memory that a server needs for connections that do nothing, queues that are empty, messages that
// wait.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/plan.h"

namespace bench {

struct Memory {
    std::uint64_t count = 0;
    double bytes_each = 0;  ///< by which the resident memory of the server grew
};

/// `what` is connection, queue or message. Leaves the server full: start a new one afterwards.
Memory measure_memory(Plan plan, const std::string& what, std::uint64_t count);

}  // namespace bench
