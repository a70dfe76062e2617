// What stands in a data directory: whose it is, which segments there are and how far each counts.
// Reads only, and takes no lock. Refuses what must not be started on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "broker/log/recovered.h"
#include "broker/store/disk.h"
#include "broker/store/log_files.h"

namespace zex::store {

struct InspectedSegment {
    std::uint32_t number = 0;
    std::uint64_t bytes = 0;              ///< of its file
    std::optional<SegmentHeader> header;  ///< where it is good
    /// Bytes that count, as the next segment tells; what is behind them was never confirmed.
    std::optional<std::uint64_t> end;
};

struct InspectedLog {
    bool fresh = false;  ///< nothing is there, or only the beginnings of an empty log
    Identity identity;
    bool identity_whole = true;  ///< both of its blocks are good
    std::optional<Mark> mark;
    std::vector<InspectedSegment> segments;  ///< rising, without a gap
    std::vector<std::uint32_t> removed;  ///< segments that are still there, but were to be removed
    std::vector<log::Damage> damage;     ///< of what is no record
};

/// Errors: data_foreign, data_too_new, data_damaged where files are missing or empty: each names
/// the file and the way out. disk_error where a call failed.
Result<InspectedLog> inspect(Disk& disk, const std::string& directory);

/// What a start on the directory would say before it reads the log: in use, not writable, not one
/// of zex, too new. Leaves nothing behind.
Status check_data_directory(Disk& disk, const std::string& directory);
/// One of the errors that check_data_directory() and a start give.
bool is_of_the_data_directory(ErrorCode code);

std::string log_directory(const std::string& directory);
std::string segment_path(const std::string& directory, std::uint32_t number);
std::string parent_directory(const std::string& path);
std::string in(const std::string& directory, std::string_view name);  ///< directory/name

}  // namespace zex::store
