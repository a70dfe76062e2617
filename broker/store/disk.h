// The one way to files: everything that the store does with a disk goes through here, so that tests
// can put a disk under it that crashes, loses, tears and fails on purpose. PosixDisk is the real
// one.
//
// Errors, with the name of the call, the path and the system's words:
//   disk_full       there is no room, or no quota
//   storage_failed  a sync failed, whatever its cause, or a write lost bytes: nothing is known
//                   about what should have been written
//   disk_error      any other call failed, and has changed nothing
//   data_in_use     of lock() and lock_file()
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zex/result.hpp>

namespace zex::store {

class File {
  public:
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    virtual ~File() = default;  ///< closes; what was written and not synced may be lost

    /// Fills `into` from `offset` on, or the beginning of it: see read_fully().
    virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> into) = 0;
    /// Writes all of `bytes`, or fails; then part of them may have been written.
    virtual Status write(std::uint64_t offset, std::string_view bytes) = 0;
    /// Bytes and size are on the disk: fdatasync(2).
    virtual Status sync() = 0;
    virtual Status truncate(std::uint64_t bytes) = 0;
    /// The file is at least so long, what was added reads as zeros, and writing there needs no
    /// further room.
    virtual Status preallocate(std::uint64_t bytes) = 0;
    virtual Result<std::uint64_t> size() = 0;
    /// The first offset, from `offset` on, where there may be something else than zeros; the size
    /// where there is nothing. Room that was set aside and never written is passed over at once.
    virtual std::uint64_t next_data(std::uint64_t offset) { return offset; }
};

/// Fewer bytes only where the file ends.
Result<std::size_t> read_fully(File& file, std::uint64_t offset, std::span<char> into);

enum class Access : std::uint8_t {
    read,
    write,   ///< also reads; the file exists
    create,  ///< also reads; the file is new, or emptied
};

enum class EntryKind : std::uint8_t { file, directory, other };

struct DirectoryEntry {
    std::string name;
    EntryKind kind = EntryKind::file;
    std::uint64_t bytes = 0;
    std::uint64_t room = 0;  ///< bytes that it takes on the disk
};

/// Held as long as it lives, also by a process that is killed: flock(2).
class DirectoryLock {
  public:
    DirectoryLock() = default;
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;
    virtual ~DirectoryLock() = default;
};

class Disk {
  public:
    Disk() = default;
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    virtual ~Disk() = default;

    /// Regular files only; a symbolic link is an error.
    virtual Result<std::unique_ptr<File>> open(const std::string& path, Access access) = 0;
    /// All that is in a directory, by name.
    virtual Result<std::vector<DirectoryEntry>> list(const std::string& directory) = 0;
    /// What stands there, through symbolic links; nothing where there is nothing.
    virtual Result<std::optional<EntryKind>> look(const std::string& path) = 0;
    /// Files can be made in the directory. Leaves nothing there.
    virtual Status check_writable(const std::string& directory) = 0;

    // What these change is on the disk after sync_directory().
    virtual Status make_directory(const std::string& path) = 0;  ///< no harm where it is there
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    virtual Status remove(const std::string& path) = 0;  ///< no harm where it is not there
    virtual Status link(const std::string& from, const std::string& to) = 0;  ///< a hard link
    virtual Status sync_directory(const std::string& path) = 0;

    /// Of the directory itself, which holds whatever happens to the files in it.
    virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) = 0;
    /// Of a file in it, which is made: what brokers of version 0.1 look at.
    virtual Result<std::unique_ptr<DirectoryLock>> lock_file(const std::string& path) = 0;
    virtual Result<std::uint64_t> free_bytes(const std::string& directory) = 0;
};

}  // namespace zex::store
