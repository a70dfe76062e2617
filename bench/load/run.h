// One run: so many publishers, so many consumers, so many messages; what came of it.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/load/driver.h"
#include "bench/load/plan.h"

namespace bench {

struct Outcome {
    double seconds = 0;          ///< from the first publish to the last delivery or confirm
    std::uint64_t expected = 0;  ///< deliveries
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t twice = 0;
    double server_cpu_s = 0;
    std::vector<std::uint32_t> latencies_ns;  ///< sorted; where the plan names a rate
};

/// Prepares, runs, tears down. Gives up, and counts what is missing as lost, when nothing has come
/// for five seconds.
Outcome run(const Plan& plan, Driver& driver);

}  // namespace bench
