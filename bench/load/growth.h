// What a message costs zex when there is much of something else: queues, bindings, or messages that
// lie in the queue before it. (Sessions are held by other processes meanwhile.)
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/plan.h"

namespace bench {

struct Growth {
    double rate = 0;            ///< messages per second, at least once, one to one
    double server_us_each = 0;  ///< processor time of the broker per message
};

/// `what` is queues, bindings or depth. Keys of queues and bindings are spread over all
/// of them, and neighbours never share one, so that `queues` and `bindings` at 1 compare with
/// themselves at more in everything but the number.
Growth measure_growth(const Plan& plan, const std::string& what, std::uint64_t count);

}  // namespace bench
