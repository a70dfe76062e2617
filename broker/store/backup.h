// A copy of a data directory while it is in use: hard links to the segments that are closed, which
// nobody writes to any more, and copies of the rest up to what is synced.
//
// Thread: the store's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "broker/log/place.h"
#include "broker/store/disk.h"
#include "broker/store/log_files.h"

namespace zex::store {

/// Both blocks, synced, under its name in one step.
Status write_identity(Disk& disk, const std::string& directory, const Identity& identity);
/// A new mark file, synced, name and all.
Status write_mark(Disk& disk, const std::string& directory, const Mark& mark);

struct Backup {
    std::string from;
    std::string to;  ///< new, or an empty directory
    Identity identity;
    Mark mark;
    std::vector<std::uint32_t> segments;  ///< the closed ones
    log::Place open;                      ///< up to where the open one is copied, if there is one

    /// A file in the directory says that it is unfinished, until all is on the disk.
    Status make(Disk& disk) const;

  private:
    Status copy_log(Disk& disk) const;
};

}  // namespace zex::store
