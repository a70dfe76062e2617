// SIGINT, SIGTERM and SIGHUP as calls from a thread of their own, "zex-signals".
//
// Thread: make it in the main thread, after block_signals() and before it is needed.
#pragma once

#include <functional>
#include <thread>

#include "common/net/wakeup.h"

namespace zex {

/// Every thread made from now on leaves these signals to SignalThread. Ignores SIGPIPE.
void block_signals();

class SignalThread {
  public:
    /// `on_stop` is called at the first SIGINT or SIGTERM; the second ends the process.
    /// `on_hangup` is called at each SIGHUP. Both on the thread "zex-signals".
    SignalThread(std::function<void()> on_stop, std::function<void()> on_hangup);
    ~SignalThread();
    SignalThread(const SignalThread&) = delete;
    SignalThread& operator=(const SignalThread&) = delete;

  private:
    void wait();

    std::function<void()> on_stop_;
    std::function<void()> on_hangup_;
    int fd_ = -1;
    net::Wakeup done_;
    std::thread thread_;
};

}  // namespace zex
