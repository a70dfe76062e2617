#include "tools/zex/interrupt.h"

#include <cerrno>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/check.h"

namespace zex::tool {
namespace {

struct Ready {
    bool interrupt = false;
    bool fd = false;
};

/// Waits for either. The signal is not read, so that it stays there.
Ready wait_for(int signals, int fd, short events) {
    pollfd watched[] = {{signals, POLLIN, 0}, {fd, events, 0}};
    while (::poll(watched, 2, -1) < 0 && errno == EINTR) {
    }
    return {watched[0].revents != 0, watched[1].revents != 0};
}

}  // namespace

Interrupt::Interrupt() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ZEX_CHECK(signals_ >= 0);
}

Interrupt::~Interrupt() {
    signalfd_siginfo arrived;
    while (::read(signals_, &arrived, sizeof arrived) > 0) {
    }
    ::close(signals_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupt::wait(std::chrono::milliseconds most) const {
    pollfd watched{signals_, POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(most.count())) > 0;
}

bool Interrupt::wait_readable(int fd) const {
    return !wait_for(signals_, fd, POLLIN).interrupt;
}

bool Interrupt::wait_writable(int fd) const {
    return wait_for(signals_, fd, POLLOUT).fd;
}

}  // namespace zex::tool
