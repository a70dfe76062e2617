// Requests and replies over zex: so many connections, each with one request under way, and one
// server that answers them.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/load/plan.h"

namespace bench {

struct Requests {
    double seconds = 0;
    std::uint64_t answered = 0;
    std::uint64_t errors = 0;                 ///< refused, answered wrongly, or not answered
    std::vector<std::uint32_t> latencies_ns;  ///< sorted
};

Requests measure_requests(const Plan& plan, unsigned connections, double seconds);

}  // namespace bench
