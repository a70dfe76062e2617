#include "broker/store/posix_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include <dirent.h>
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
    return error(full ? ErrorCode::disk_full : ErrorCode::disk_error,
                 full ? reason + "; make room and it goes on" : reason);
}

/// Never one that would be tried again.
Status synced_or(int result, const char* call, const std::string& path) {
    if (result == 0) return {};
    return error(ErrorCode::storage_failed, failure(call, path, errno).reason);
}

/// The disk has refused bytes; where only the system was short of something, it was not asked.
Error write_failure(const std::string& path, int number) {
    Error wrong = failure("pwrite", path, number);
    const bool may_pass = number == ENOMEM || number == ENOBUFS || number == EAGAIN;
    if (wrong.code == ErrorCode::disk_error && !may_pass) wrong.code = ErrorCode::storage_failed;
    return wrong;
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
            if (put < 0) return write_failure(path_, errno);
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

Error in_use(const std::string& path) {
    return error(ErrorCode::data_in_use, "another broker holds the lock " + path +
                                             "; stop it, or use another data directory");
}

EntryKind kind_of(const struct stat& about) {
    if (S_ISREG(about.st_mode)) return EntryKind::file;
    return S_ISDIR(about.st_mode) ? EntryKind::directory : EntryKind::other;
}

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

Result<std::size_t> read_fully(File& file, std::uint64_t offset, std::span<char> into) {
    std::size_t have = 0;
    while (have < into.size()) {
        auto got = file.read(offset + have, into.subspan(have));
        if (!got) return got.error();
        if (*got > 0) {
            have += *got;
            continue;
        }
        auto size = file.size();
        if (!size) return size.error();
        if (*size <= offset + have) break;
        return error(ErrorCode::disk_error, "a read gave no bytes, and the file goes on");
    }
    return have;
}

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path, Access access) {
    const int flags = flags_of(access) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int fd = uninterrupted([&] { return ::open(path.c_str(), flags, 0600); });
    if (fd < 0) return failure("open", path, errno);
    auto file = std::make_unique<PosixFile>(fd, path);
    struct stat about {};
    if (::fstat(fd, &about) != 0) return failure("fstat", path, errno);
    if (!S_ISREG(about.st_mode)) {
        return error(ErrorCode::disk_error, path + " is not a regular file");
    }
    return std::unique_ptr<File>(std::move(file));
}

Result<std::vector<DirectoryEntry>> PosixDisk::list(const std::string& directory) {
    DIR* const open = ::opendir(directory.c_str());
    if (open == nullptr) return failure("opendir", directory, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> closed(open, ::closedir);
    std::vector<DirectoryEntry> entries;
    for (;;) {
        errno = 0;
        const dirent* const next = ::readdir(open);
        if (next == nullptr) break;
        const std::string name = next->d_name;
        if (name == "." || name == "..") continue;
        struct stat about {};
        if (::fstatat(::dirfd(open), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) continue;  // it has just gone
            return failure("stat", directory + "/" + name, errno);
        }
        entries.push_back({name, kind_of(about), static_cast<std::uint64_t>(about.st_size),
                           static_cast<std::uint64_t>(about.st_blocks) * 512});
    }
    if (errno != 0) return failure("readdir", directory, errno);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
}

Result<std::optional<EntryKind>> PosixDisk::look(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0) return std::optional(kind_of(about));
    if (errno == ENOENT) return std::optional<EntryKind>();
    return failure("stat", path, errno);
}

Status PosixDisk::check_writable(const std::string& directory) {
    if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        return failure("access", directory, errno);
    }
    const int fd = uninterrupted(
        [&] { return ::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600); });
    if (fd >= 0) {
        ::close(fd);
        return {};
    }
    // Not every file system has files without a name; those that cannot say so here.
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT) return {};
    return failure("open of a file in", directory, errno);
}

Status PosixDisk::make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failure("mkdir", path, errno);
    return {};
}

Status PosixDisk::rename(const std::string& from, const std::string& to) {
    return done_or(::rename(from.c_str(), to.c_str()), "rename", from);
}

Status PosixDisk::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure("unlink", path, errno);
    return {};
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

Result<std::unique_ptr<DirectoryLock>> PosixDisk::lock(const std::string& directory) {
    const int fd = uninterrupted(
        [&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return failure("open", directory, errno);
    auto lock = std::make_unique<PosixLock>(fd);
    if (uninterrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0) {
        if (errno == EWOULDBLOCK) return in_use(directory);
        // File systems of a network lock files only: lock_file() has to do.
        const bool cannot = errno == EBADF || errno == EINVAL || errno == EOPNOTSUPP;
        if (!cannot) return failure("flock", directory, errno);
    }
    return std::unique_ptr<DirectoryLock>(std::move(lock));
}

Result<std::unique_ptr<DirectoryLock>> PosixDisk::lock_file(const std::string& path) {
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int fd = uninterrupted([&] { return ::open(path.c_str(), flags, 0600); });
    if (fd < 0) return failure("open", path, errno);
    auto lock = std::make_unique<PosixLock>(fd);
    if (uninterrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0) {
        if (errno == EWOULDBLOCK) return in_use(path);
        return failure("flock", path, errno);
    }
    return std::unique_ptr<DirectoryLock>(std::move(lock));
}

Result<std::uint64_t> PosixDisk::free_bytes(const std::string& directory) {
    struct statvfs about {};
    if (::statvfs(directory.c_str(), &about) != 0) return failure("statvfs", directory, errno);
    return std::uint64_t{about.f_bavail} * about.f_frsize;
}

}  // namespace zex::store
