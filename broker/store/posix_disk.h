// The real disk, by POSIX calls. Files are made with mode 0600, directories with 0700.
//
// Thread: any; it has no state.
#pragma once

#include "broker/store/disk.h"

namespace zex::store {

class PosixDisk final : public Disk {
  public:
    Result<std::unique_ptr<File>> open(const std::string& path, Access access) override;
    Result<std::vector<DirectoryEntry>> list(const std::string& directory) override;
    Result<std::optional<EntryKind>> look(const std::string& path) override;
    Status check_writable(const std::string& directory) override;
    Status make_directory(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status link(const std::string& from, const std::string& to) override;
    Status sync_directory(const std::string& path) override;
    Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override;
    Result<std::unique_ptr<DirectoryLock>> lock_file(const std::string& path) override;
    Result<std::uint64_t> free_bytes(const std::string& directory) override;
};

}  // namespace zex::store
