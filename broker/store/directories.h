// Directories that are on the disk before anything stands in them.
#pragma once

#include <string>

#include <zex/result.hpp>

#include "broker/store/disk.h"

namespace zex::store {

/// Makes the directory and those above it that are missing, and syncs each into its parent.
Status make_directories(Disk& disk, const std::string& path);

/// Syncs the directory into its parent, and as far as we may read them, that into its own, and so
/// on: whoever made them may have been killed before.
Status sync_parents(Disk& disk, const std::string& path);

/// The first `bytes` of a file as a new one, synced; its name is not.
Status copy_file(Disk& disk, const std::string& from, const std::string& to, std::uint64_t bytes);

}  // namespace zex::store
