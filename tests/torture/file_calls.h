// The record of a process's calls that change files, as the file recorder writes it: one header for
// the begin of each call and one for its end, each with the bytes that belong to it. The order in
// the record is the order of the calls; only syncs overlap with other calls.
#pragma once

#include <cstdint>

namespace zex::test {

enum class FileOp : std::uint8_t {
    open = 1,        ///< first: path; a: flags; b: 1 where the file was there before
    close,           ///< fd
    write,           ///< fd; a: offset; first: the bytes
    sync,            ///< fd: fsync or fdatasync, of a file or a directory
    truncate,        ///< fd; a: size
    allocate,        ///< fd; a: offset; b: bytes
    rename,          ///< first: from; second: to
    link,            ///< first: from; second: to
    unlink,          ///< first: path
    make_directory,  ///< first: path
    unknown,  ///< first: the name of a call that the recorder sees and the model does not know
};

enum class FilePhase : std::uint8_t { begin = 1, end };

/// Followed by `first_bytes` and then `second_bytes` bytes.
struct FileCallHeader {
    std::uint32_t first_bytes;
    std::uint32_t second_bytes;
    FileOp op;
    FilePhase phase;
    std::uint16_t zero;
    std::int32_t fd;
    std::uint64_t time_ns;  ///< of CLOCK_MONOTONIC
    std::uint64_t call;     ///< the same for begin and end
    std::int64_t a;
    std::int64_t b;
    std::int64_t result;  ///< of the end: as the call gave it, or minus the error number
};

/// The environment of a recorded process.
inline constexpr char record_to[] = "ZEX_RECORD_TO";        ///< path of the record
inline constexpr char record_below[] = "ZEX_RECORD_BELOW";  ///< directory: others are left out
/// A sync is recorded, takes so long, and is not done: a kill -9 does not need it, and what a power
/// cut takes is made from the record.
inline constexpr char record_sync_us[] = "ZEX_RECORD_SYNC_US";

}  // namespace zex::test
