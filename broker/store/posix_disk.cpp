#include "broker/store/posix_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace zex::store {
namespace {

Error failure(const char* call, const std::string& path, int number) {
    const std::string reason =
        std::string(call) + " of " + path + ": " + std::system_category().message(number);
    const bool full = number == ENOSPC || number == EDQUOT;
    return error(full ? ErrorCode::disk_full : ErrorCode::storage_failed,
                 full ? reason + "; make room and it goes on" : reason);
}

/// Never disk_full, which would be tried again.
Status synced_or(int result, const char* call, const std::string& path) {
    if (result == 0) return {};
    return error(ErrorCode::storage_failed, failure(call, path, errno).reason);
}

Status done_or(int result, const char* call, const std::string& path) {
    if (result == 0) return {};
    return failure(call, path, errno);
}

/// Calls `call` until no signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

class PosixFile final : public File {
  public:
    PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    ~PosixFile() override { ::close(fd_); }

    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) override {
        std::size_t have = 0;
        while (have < into.size()) {
            const auto got = uninterrupted([&] {
                return ::pread(fd_, into.data() + have, into.size() - have,
                               static_cast<off_t>(offset + have));
            });
            if (got < 0) return failure("pread", path_, errno);
            if (got == 0) break;
            have += static_cast<std::size_t>(got);
        }
        return have;
    }

    Status write(std::uint64_t offset, std::string_view bytes) override {
        while (!bytes.empty()) {
            const auto put = uninterrupted([&] {
                return ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            });
            if (put < 0) return failure("pwrite", path_, errno);
            offset += static_cast<std::uint64_t>(put);
            bytes.remove_prefix(static_cast<std::size_t>(put));
        }
        return {};
    }

    Status sync() override { return synced_or(::fdatasync(fd_), "fdatasync", path_); }

    Status truncate(std::uint64_t bytes) override {
        return done_or(uninterrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(bytes)); }),
                       "ftruncate", path_);
    }

    Status preallocate(std::uint64_t bytes) override {
        int wrong = EINTR;  // posix_fallocate gives the error and leaves errno alone
        while (wrong == EINTR) wrong = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
        if (wrong != 0) return failure("posix_fallocate", path_, wrong);
        return {};
    }

    Result<std::uint64_t> size() override {
        struct stat about {};
        if (::fstat(fd_, &about) != 0) return failure("fstat", path_, errno);
        return static_cast<std::uint64_t>(about.st_size);
    }

    std::uint64_t next_data(std::uint64_t offset) override {
        const off_t found = ::lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);
        if (found >= 0) return static_cast<std::uint64_t>(found);
        const bool nothing = errno == ENXIO;  // else: this file system cannot tell
        const auto bytes = size();
        return nothing && bytes ? std::max(offset, *bytes) : offset;
    }

  private:
    const int fd_;
    const std::string path_;
};

class PosixLock final : public DirectoryLock {
  public:
    explicit PosixLock(int fd) : fd_(fd) {}
    ~PosixLock() override { ::close(fd_); }

  private:
    const int fd_;
};

int flags_of(Access access) {
    switch (access) {
        case Access::read:
            return O_RDONLY;
        case Access::write:
            return O_RDWR;
        case Access::create:
            return O_RDWR | O_CREAT | O_TRUNC;
    }
    return O_RDONLY;
}

}  // namespace

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path, Access access) {
    const int fd =
        uninterrupted([&] { return ::open(path.c_str(), flags_of(access) | O_CLOEXEC, 0600); });
    if (fd < 0) return failure("open", path, errno);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path));
}

Result<std::vector<DirectoryEntry>> PosixDisk::list(const std::string& directory) {
    namespace fs = std::filesystem;
    std::vector<DirectoryEntry> entries;
    std::error_code wrong;
    fs::directory_iterator next(directory, wrong);
    while (!wrong && next != fs::directory_iterator()) {
        if (next->is_regular_file(wrong) && !wrong) {
            entries.push_back({next->path().filename().string(), next->file_size(wrong)});
        }
        if (!wrong) next.increment(wrong);
    }
    if (wrong) return failure("readdir", directory, wrong.value());
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
}

bool PosixDisk::exists(const std::string& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0;
}

Status PosixDisk::make_directory(const std::string& path) {
    if (exists(path)) return {};
    const auto slash = path.find_last_of('/');
    if (slash != std::string::npos && slash > 0) {
        if (Status above = make_directory(path.substr(0, slash)); !above) return above;
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failure("mkdir", path, errno);
    return {};
}

Status PosixDisk::rename(const std::string& from, const std::string& to) {
    return done_or(::rename(from.c_str(), to.c_str()), "rename", from);
}

Status PosixDisk::remove(const std::string& path) {
    return done_or(::unlink(path.c_str()), "unlink", path);
}

Status PosixDisk::link(const std::string& from, const std::string& to) {
    return done_or(::link(from.c_str(), to.c_str()), "link", from);
}

Status PosixDisk::sync_directory(const std::string& path) {
    const int fd =
        uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return failure("open", path, errno);
    Status synced = synced_or(::fsync(fd), "fsync", path);
    ::close(fd);
    return synced;
}

Result<std::unique_ptr<DirectoryLock>> PosixDisk::lock(const std::string& path) {
    const int fd =
        uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); });
    if (fd < 0) return failure("open", path, errno);
    auto lock = std::make_unique<PosixLock>(fd);
    if (uninterrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0) {
        if (errno != EWOULDBLOCK) return failure("flock", path, errno);
        return error(ErrorCode::data_in_use, "another broker holds the lock " + path +
                                                 "; stop it, or use another data directory");
    }
    return std::unique_ptr<DirectoryLock>(std::move(lock));
}

Result<std::uint64_t> PosixDisk::free_bytes(const std::string& directory) {
    struct statvfs about {};
    if (::statvfs(directory.c_str(), &about) != 0) return failure("statvfs", directory, errno);
    return std::uint64_t{about.f_bavail} * about.f_frsize;
}

}  // namespace zex::store
