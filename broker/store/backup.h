// A copy of a data directory while it is in use: hard links to the segments that are closed, which
// nobody writes to any more, and copies of the rest up to what is synced.
//
// Thread: the store's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "broker/store/disk.h"
#include "broker/store/log_files.h"

namespace zex::store {

/// Both blocks, synced, under its name in one step.
Status write_identity(Disk& disk, const std::string& directory, const Identity& identity);

struct Backup {
    std::string from;
    std::string to;  ///< new, or an empty directory
    Identity identity;
    Mark mark;                            ///< up to where the open segment is copied
    std::vector<std::uint32_t> segments;  ///< the closed ones

    /// The identity comes last: what was interrupted is refused as incomplete.
    Status make(Disk& disk) const;

  private:
    Status copy(Disk& disk, std::uint32_t segment, std::uint64_t bytes) const;
};

}  // namespace zex::store
