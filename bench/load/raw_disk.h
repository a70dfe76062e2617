// What the disk alone can do: records written one window at a time, each window in one write and
// one fdatasync, into a file that was allocated beforehand. No broker that syncs before it confirms
// can be faster with that many messages under way.
#pragma once

#include <cstdint>

#include "bench/load/plan.h"

namespace bench {

struct RawDisk {
    double seconds = 0;
    std::uint64_t records = 0;
};

/// In the directory `plan.endpoint`, with records of `plan.bytes`, `plan.window` of them at a time.
RawDisk measure_raw_disk(const Plan& plan);

}  // namespace bench
