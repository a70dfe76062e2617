// Sleeping until one of several file descriptors can be read. A socket is waited for by its
// signal_fd(), and, unlike in poll(), not touched, so that another thread may use it meanwhile.
//
// Thread: any.
#pragma once

#include <span>

#include "common/base/time.h"

namespace zex::net {

struct WaitItem {
    int fd = -1;  ///< below 0: passed over
    bool ready = false;
};

/// Returns when one of at most 8 can be read, or at the time-out; on a signal perhaps earlier.
void wait_readable(std::span<WaitItem> items, Duration timeout);

}  // namespace zex::net
