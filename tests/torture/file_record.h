// Reads what the file recorder wrote.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/torture/file_calls.h"

namespace zex::test {

/// A moment in the record: a call begins, or a sync ends.
struct FileEvent {
    FileOp op;
    FilePhase phase;
    std::uint64_t time_ns = 0;
    std::uint64_t call = 0;
    int fd = -1;
    std::int64_t a = 0;
    std::int64_t b = 0;
    std::string first;
    std::string second;
    /// What the call gave in the end. Nothing where the process ended within it.
    std::optional<std::int64_t> result;

    std::string text() const;
};

/// The events of a record in their order. Calls that failed are left out, since they changed
/// nothing, but for the unknown. Throws std::runtime_error where the file is no record.
std::vector<FileEvent> read_record(const std::string& path);

}  // namespace zex::test
