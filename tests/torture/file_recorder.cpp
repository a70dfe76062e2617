// A library for LD_PRELOAD that records each call of a process that changes files below one
// directory, with its data, so that a test can tell what a power cut at any moment may leave.
//
// The record is complete up to the moment of a kill -9: begin and end are written by one system
// call each. A call holds the mutex from its begin to its end, but for syncs, so that the record's
// order is the order of the calls.
#undef _FILE_OFFSET_BITS  // the names with and without 64 are told apart here
#undef _FORTIFY_SOURCE

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/torture/file_calls.h"

namespace {

using zex::test::FileCallHeader;
using zex::test::FileOp;
using zex::test::FilePhase;

constexpr int descriptors_max = 65536;
constexpr int record_fd_min = 900;  // away from the numbers that the process counts on

std::mutex calls;  // held from a call's begin to its end
std::array<std::atomic<bool>, descriptors_max> recorded{};
std::atomic<std::uint64_t> next_call{1};

struct Setup {
    int fd = -1;
    const char* below = nullptr;
    bool syncs_are_done = true;
    useconds_t sync_us = 0;

    Setup() {
        const char* to = std::getenv(zex::test::record_to);
        below = std::getenv(zex::test::record_below);
        if (to == nullptr || below == nullptr) return;
        const long opened =
            syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        fd = fcntl(static_cast<int>(opened), F_DUPFD_CLOEXEC, record_fd_min);
        syscall(SYS_close, opened);
        if (const char* takes = std::getenv(zex::test::record_sync_us)) {
            syncs_are_done = false;
            sync_us = static_cast<useconds_t>(std::atoi(takes));
        }
    }
};

const Setup& setup() {
    static const Setup once;
    return once;
}

bool is_recorded(const char* path) {
    return setup().fd >= 0 && std::strncmp(path, setup().below, std::strlen(setup().below)) == 0;
}

bool is_recorded(int fd) {
    return fd >= 0 && fd < descriptors_max && recorded[static_cast<std::size_t>(fd)];
}

struct Bytes {
    const void* at = nullptr;
    std::size_t count = 0;
};

Bytes text(const char* path) {
    return {path, std::strlen(path)};
}

struct Call {
    FileOp op;
    int fd = -1;
    std::int64_t a = 0;
    std::int64_t b = 0;
    Bytes first;
    Bytes second;
    std::uint64_t number = next_call++;

    void put(FilePhase phase, std::int64_t result) const {
        const int error = errno;
        FileCallHeader header{};
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        header.time_ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
                         static_cast<std::uint64_t>(now.tv_nsec);
        header.op = op;
        header.phase = phase;
        header.fd = fd;
        header.call = number;
        header.a = a;
        header.b = b;
        header.result = result;
        const bool begins = phase == FilePhase::begin;
        header.first_bytes = begins ? static_cast<std::uint32_t>(first.count) : 0;
        header.second_bytes = begins ? static_cast<std::uint32_t>(second.count) : 0;
        const std::array<iovec, 3> parts = {
            iovec{&header, sizeof header}, iovec{const_cast<void*>(first.at), header.first_bytes},
            iovec{const_cast<void*>(second.at), header.second_bytes}};
        syscall(SYS_writev, setup().fd, parts.data(), parts.size());
        errno = error;
    }

    /// Runs the call between its begin and its end. What gives -1 has its error in errno.
    template <class Real>
    auto run(Real real) const {
        const std::lock_guard lock(calls);
        put(FilePhase::begin, 0);
        const auto result = real();
        put(FilePhase::end, result == -1 ? -errno : result);
        return result;
    }
};

template <class Function>
Function real(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

template <class Real>
int open_recorded(const char* path, int flags, Real call_real) {
    if (!is_recorded(path)) return call_real();
    const std::lock_guard lock(calls);
    Call call{FileOp::open, -1, flags, access(path, F_OK) == 0 ? 1 : 0, text(path), {}};
    call.put(FilePhase::begin, 0);
    const int fd = call_real();
    if (fd >= 0 && fd < descriptors_max) recorded[static_cast<std::size_t>(fd)] = true;
    call.put(FilePhase::end, fd == -1 ? -errno : fd);
    return fd;
}

template <class Real>
int sync_recorded(int fd, Real call_real) {
    if (!is_recorded(fd)) return call_real(fd);
    const Call call{FileOp::sync, fd, 0, 0, {}, {}};
    {
        const std::lock_guard lock(calls);
        call.put(FilePhase::begin, 0);
    }
    if (setup().sync_us > 0) usleep(setup().sync_us);
    const int result = setup().syncs_are_done ? call_real(fd) : 0;
    const std::lock_guard lock(calls);
    call.put(FilePhase::end, result == -1 ? -errno : 0);
    return result;
}

template <class Real>
ssize_t write_recorded(int fd, const void* bytes, std::size_t count, off64_t offset,
                       Real call_real) {
    if (!is_recorded(fd)) return call_real();
    return Call{FileOp::write, fd, offset, 0, {bytes, count}, {}}.run(call_real);
}

/// A call that the model does not know, on a file that it should know.
void refuse(int fd, const char* name) {
    if (!is_recorded(fd)) return;
    const std::lock_guard lock(calls);
    Call{FileOp::unknown, fd, 0, 0, text(name), {}}.put(FilePhase::begin, 0);
}

template <class Real>
int pair_recorded(FileOp op, const char* from, const char* to, Real call_real) {
    if (!is_recorded(from) && !is_recorded(to)) return call_real();
    return Call{op, -1, 0, 0, text(from), text(to)}.run(call_real);
}

template <class Real>
int path_recorded(FileOp op, const char* path, Real call_real) {
    if (!is_recorded(path)) return call_real();
    return Call{op, -1, 0, 0, text(path), {}}.run(call_real);
}

}  // namespace

// The names that programs call; each hides that of the C library and calls it.
#define ZEX_REAL(name) static const auto call = real<decltype(&name)>(#name)

extern "C" {

#define ZEX_OPEN(name)                                                              \
    int name(const char* path, int flags, ...) {                                    \
        ZEX_REAL(name);                                                             \
        va_list arguments;                                                          \
        va_start(arguments, flags);                                                 \
        const mode_t mode = mode_of(flags, arguments);                              \
        va_end(arguments);                                                          \
        return open_recorded(path, flags, [&] { return call(path, flags, mode); }); \
    }
ZEX_OPEN(open)
ZEX_OPEN(open64)

#define ZEX_OPENAT(name)                                                                       \
    int name(int directory, const char* path, int flags, ...) {                                \
        ZEX_REAL(name);                                                                        \
        va_list arguments;                                                                     \
        va_start(arguments, flags);                                                            \
        const mode_t mode = mode_of(flags, arguments);                                         \
        va_end(arguments);                                                                     \
        return open_recorded(path, flags, [&] { return call(directory, path, flags, mode); }); \
    }
ZEX_OPENAT(openat)
ZEX_OPENAT(openat64)

int close(int fd) {
    ZEX_REAL(close);
    if (!is_recorded(fd)) return call(fd);
    return Call{FileOp::close, fd, 0, 0, {}, {}}.run([&] {
        recorded[static_cast<std::size_t>(fd)] = false;
        return call(fd);
    });
}

#define ZEX_PWRITE(name, offset_type)                                                \
    ssize_t name(int fd, const void* bytes, std::size_t count, offset_type offset) { \
        ZEX_REAL(name);                                                              \
        return write_recorded(fd, bytes, count, offset,                              \
                              [&] { return call(fd, bytes, count, offset); });       \
    }
ZEX_PWRITE(pwrite, off_t)
ZEX_PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void* bytes, std::size_t count) {
    ZEX_REAL(write);
    if (!is_recorded(fd)) return call(fd, bytes, count);
    return write_recorded(fd, bytes, count, lseek64(fd, 0, SEEK_CUR),
                          [&] { return call(fd, bytes, count); });
}

#define ZEX_SYNC(name)                  \
    int name(int fd) {                  \
        ZEX_REAL(name);                 \
        return sync_recorded(fd, call); \
    }
ZEX_SYNC(fsync)
ZEX_SYNC(fdatasync)

#define ZEX_FTRUNCATE(name, size_type)                                                          \
    int name(int fd, size_type size) noexcept {                                                 \
        ZEX_REAL(name);                                                                         \
        if (!is_recorded(fd)) return call(fd, size);                                            \
        return Call{FileOp::truncate, fd, size, 0, {}, {}}.run([&] { return call(fd, size); }); \
    }
ZEX_FTRUNCATE(ftruncate, off_t)
ZEX_FTRUNCATE(ftruncate64, off64_t)

/// Gives the error's number and leaves errno alone.
#define ZEX_POSIX_FALLOCATE(name, size_type)                        \
    int name(int fd, size_type offset, size_type bytes) {           \
        ZEX_REAL(name);                                             \
        if (!is_recorded(fd)) return call(fd, offset, bytes);       \
        int wrong = 0;                                              \
        Call{FileOp::allocate, fd, offset, bytes, {}, {}}.run([&] { \
            wrong = call(fd, offset, bytes);                        \
            errno = wrong != 0 ? wrong : errno;                     \
            return wrong != 0 ? -1 : 0;                             \
        });                                                         \
        return wrong;                                               \
    }
ZEX_POSIX_FALLOCATE(posix_fallocate, off_t)
ZEX_POSIX_FALLOCATE(posix_fallocate64, off64_t)

#define ZEX_FALLOCATE(name, size_type)                                \
    int name(int fd, int mode, size_type offset, size_type bytes) {   \
        ZEX_REAL(name);                                               \
        if (mode != 0) refuse(fd, "fallocate with a mode");           \
        if (!is_recorded(fd)) return call(fd, mode, offset, bytes);   \
        return Call{FileOp::allocate, fd, offset, bytes, {}, {}}.run( \
            [&] { return call(fd, mode, offset, bytes); });           \
    }
ZEX_FALLOCATE(fallocate, off_t)
ZEX_FALLOCATE(fallocate64, off64_t)

int rename(const char* from, const char* to) noexcept {
    ZEX_REAL(rename);
    return pair_recorded(FileOp::rename, from, to, [&] { return call(from, to); });
}

int link(const char* from, const char* to) noexcept {
    ZEX_REAL(link);
    return pair_recorded(FileOp::link, from, to, [&] { return call(from, to); });
}

int unlink(const char* path) noexcept {
    ZEX_REAL(unlink);
    return path_recorded(FileOp::unlink, path, [&] { return call(path); });
}

int remove(const char* path) noexcept {  // of directories, too, which the model must not miss
    ZEX_REAL(remove);
    return path_recorded(FileOp::unlink, path, [&] { return call(path); });
}

int rmdir(const char* path) noexcept {
    ZEX_REAL(rmdir);
    return path_recorded(FileOp::unlink, path, [&] { return call(path); });
}

int mkdir(const char* path, mode_t mode) noexcept {
    ZEX_REAL(mkdir);
    return path_recorded(FileOp::make_directory, path, [&] { return call(path, mode); });
}

ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
    ZEX_REAL(pwritev);
    refuse(fd, "pwritev");
    return call(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const iovec* parts, int count, off64_t offset) {
    ZEX_REAL(pwritev64);
    refuse(fd, "pwritev64");
    return call(fd, parts, count, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
    ZEX_REAL(writev);
    refuse(fd, "writev");
    return call(fd, parts, count);
}

ssize_t copy_file_range(int from, off64_t* from_offset, int to, off64_t* to_offset,
                        std::size_t count, unsigned flags) {
    ZEX_REAL(copy_file_range);
    refuse(to, "copy_file_range");
    return call(from, from_offset, to, to_offset, count, flags);
}

}  // extern "C"
