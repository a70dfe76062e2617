#include "common/net/wakeup.h"

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/check.h"

namespace zex::net {

Wakeup::Wakeup() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    ZEX_CHECK(fd_ >= 0);
}

Wakeup::~Wakeup() {
    close(fd_);
}

// A full counter (EAGAIN) is a bell that rings already, so the results do not matter.
void Wakeup::ring() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);
}

void Wakeup::clear() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(fd_, &count, sizeof count);
}

}  // namespace zex::net
