#include "broker/signal_thread.h"

#include <array>
#include <csignal>
#include <optional>
#include <utility>

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/net/socket.h"

namespace zex {
namespace {

sigset_t handled_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

void block_signals() {
    const sigset_t set = handled_signals();
    ZEX_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    signal(SIGPIPE, SIG_IGN);
}

SignalThread::SignalThread(std::function<void()> on_stop, std::function<void()> on_hangup)
    : on_stop_(std::move(on_stop)), on_hangup_(std::move(on_hangup)) {
    const sigset_t set = handled_signals();
    fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ZEX_CHECK(fd_ >= 0);
    thread_ = std::thread([this] { wait(); });
}

SignalThread::~SignalThread() {
    done_.ring();
    thread_.join();
    close(fd_);
}

void SignalThread::wait() {
    pthread_setname_np(pthread_self(), "zex-signals");
    std::array<net::PollItem, 2> items{{{nullptr, fd_}, {nullptr, done_.fd()}}};
    int stops = 0;
    while (net::poll(items, std::nullopt) && !items[1].ready) {
        signalfd_siginfo info{};
        while (read(fd_, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo == SIGHUP) {
                on_hangup_();
                continue;
            }
            if (++stops > 1) _exit(128 + static_cast<int>(info.ssi_signo));
            on_stop_();
        }
    }
}

}  // namespace zex
