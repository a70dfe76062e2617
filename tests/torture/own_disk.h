// A file system of the test's own, in memory and small, in a mount namespace of its own that lives
// as long as this. Programs are started into it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace zex::test {

class OwnDisk {
  public:
    /// Some sandboxes do not allow it.
    static bool is_possible();

    explicit OwnDisk(std::uint64_t bytes);

    /// As programs see it that are started with the words of `under` before their own.
    const std::string& path() const { return path_; }
    std::vector<std::string> under() const;
    /// A path below path(), as this process sees it.
    std::string seen_from_here(const std::string& path) const;

    std::uint64_t free_bytes() const;
    /// Writes a file until nothing is free, or but so many bytes.
    void fill(std::uint64_t but = 0);
    void release();
    void make_read_only();

  private:
    const TemporaryDirectory directory_;
    const std::string path_;
    Process holder_;
};

/// Bytes that the files below a directory take on the disk.
std::uint64_t disk_bytes(const std::string& directory);

}  // namespace zex::test
