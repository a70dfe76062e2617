// What a data directory adds up to: inspection, every record, and their sum. Reads only, so that
// recovery can be tried again and again, and `zex log verify` tells what a start would find.
#pragma once

#include <cstdint>
#include <string>

#include <zex/result.hpp>

#include "broker/store/disk.h"
#include "broker/store/log_inspection.h"
#include "broker/store/recovered.h"

namespace zex::store {

struct Recovery {
    InspectedLog log;
    Recovered found;
    /// For the header of the segment found.next_segment.
    std::uint64_t previous_end = 0;
};

Result<Recovery> recover_log(Disk& disk, const std::string& directory, const Progress& progress);

}  // namespace zex::store
