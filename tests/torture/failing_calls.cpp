// A library for LD_PRELOAD that lets calls on some files fail: pread, pwrite, or the opening of a
// file. A file, the trigger, says which: it has a byte for each of the next calls, from its end to
// its begin: a full stop for one that fails, anything else for one that does not. Each call takes
// its byte away, and the last one the file. So a test says when and how often, and sees that it
// happened.
#undef _FILE_OFFSET_BITS  // the names with and without 64 are told apart here
#undef _FORTIFY_SOURCE

#include "tests/torture/failing_calls.h"

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

bool is_set(const char* variable, const char* value) {
    const char* set = std::getenv(variable);
    return set != nullptr && std::strcmp(set, value) == 0;
}

/// Whether this call is to fail; sets errno then.
bool fails(const char* call, const char* path) {
    const char* trigger = std::getenv(zex::test::fail_trigger);
    const char* part = std::getenv(zex::test::fail_path);
    if (trigger == nullptr || part == nullptr || !is_set(zex::test::fail_call, call)) return false;
    if (std::strstr(path, part) == nullptr) return false;
    const int before = errno;
    // By system calls, since open and pread are among those that fail here.
    const long fd = syscall(SYS_openat, AT_FDCWD, trigger, O_RDONLY | O_CLOEXEC);
    struct stat64 about {};
    if (fd < 0 || fstat64(static_cast<int>(fd), &about) != 0) {
        errno = before;
        return false;
    }
    char last = '.';
    syscall(SYS_pread64, fd, &last, 1, about.st_size - 1);
    syscall(SYS_close, fd);
    if (about.st_size > 1) {
        if (truncate64(trigger, about.st_size - 1) != 0) std::abort();
    } else {
        unlink(trigger);
    }
    if (last != '.') {
        errno = before;
        return false;
    }
    errno = std::atoi(std::getenv(zex::test::fail_error));
    return true;
}

bool fails(const char* call, int fd) {
    if (!is_set(zex::test::fail_call, call)) return false;
    std::array<char, 32> link{};
    std::array<char, 4096> path{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
    if (readlink(link.data(), path.data(), path.size() - 1) < 0) return false;
    return fails(call, path.data());
}

template <class Function>
Function real(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define ZEX_REAL(name) static const auto call = real<decltype(&name)>(#name)

extern "C" {

#define ZEX_PREAD(name, offset_type)                                          \
    ssize_t name(int fd, void* into, std::size_t count, offset_type offset) { \
        ZEX_REAL(name);                                                       \
        return fails("pread", fd) ? -1 : call(fd, into, count, offset);       \
    }
ZEX_PREAD(pread, off_t)
ZEX_PREAD(pread64, off64_t)

#define ZEX_PWRITE(name, offset_type)                                                \
    ssize_t name(int fd, const void* bytes, std::size_t count, offset_type offset) { \
        ZEX_REAL(name);                                                              \
        return fails("pwrite", fd) ? -1 : call(fd, bytes, count, offset);            \
    }
ZEX_PWRITE(pwrite, off_t)
ZEX_PWRITE(pwrite64, off64_t)

#define ZEX_OPEN(name)                                             \
    int name(const char* path, int flags, ...) {                   \
        ZEX_REAL(name);                                            \
        va_list arguments;                                         \
        va_start(arguments, flags);                                \
        const bool makes = (flags & (O_CREAT | O_TMPFILE)) != 0;   \
        const mode_t mode = makes ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                         \
        return fails("open", path) ? -1 : call(path, flags, mode); \
    }
ZEX_OPEN(open)
ZEX_OPEN(open64)

}  // extern "C"
