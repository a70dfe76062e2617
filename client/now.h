// The time, where the client has no clock handed in.
#pragma once

#include "common/base/time.h"

namespace zex {

inline Instant now() {
    return SteadyClock().now();
}

}  // namespace zex
