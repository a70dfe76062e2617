// What a data directory adds up to: inspection, every record, and their sum. Reads only, so that
// recovery can be tried again and again, and `zex log verify` tells what a start would find.
#pragma once

#include <cstdint>
#include <string>

#include <zex/result.hpp>

#include "broker/log/recovered.h"
#include "broker/store/disk.h"
#include "broker/store/log_inspection.h"

namespace zex::store {

struct Recovery {
    InspectedLog log;
    log::Recovered found;
    /// Of the last segment; where there is none, nothing.
    std::uint64_t last_end = 0;
    bool last_is_empty = false;  ///< its header is good, and nothing in it counts: begun anew
};

Result<Recovery> recover_log(Disk& disk, const std::string& directory,
                             const log::Progress& progress);

}  // namespace zex::store
