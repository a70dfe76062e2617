#include "bench/load/raw_disk.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "bench/load/fail.h"

namespace bench {

RawDisk measure_raw_disk(const Plan& plan) {
    const std::string path = plan.endpoint + "/raw-" + plan.name;
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) fail("cannot make " + path);
    ::unlink(path.c_str());
    const auto all = static_cast<off_t>(plan.messages * plan.bytes);
    if (::posix_fallocate(fd, 0, all) != 0 || ::fsync(fd) != 0) fail("no room for " + path);
    const std::string window(plan.window * plan.bytes, 'x');
    const auto start = std::chrono::steady_clock::now();
    off_t at = 0;
    while (at < all) {
        const auto size =
            static_cast<std::size_t>(std::min(all - at, static_cast<off_t>(window.size())));
        const ssize_t written = ::pwrite(fd, window.data(), size, at);
        if (written <= 0 || ::fdatasync(fd) != 0) fail("cannot write " + path);
        at += written;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    ::close(fd);
    return {took.count(), plan.messages};
}

}  // namespace bench
