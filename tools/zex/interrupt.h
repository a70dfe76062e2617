// Ctrl-C and SIGTERM as an event to wait for, so that a command can end in order.
//
// Thread: make it in the main thread before any other thread starts: they inherit the blocked
// signals, which then arrive only here.
#pragma once

#include <chrono>
#include <csignal>

namespace zex::tool {

class Interrupt {
  public:
    Interrupt();
    ~Interrupt();  ///< forgets what arrived; from here on the signals do what they did before
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    /// Once true, for ever true.
    bool arrived() const { return wait(std::chrono::milliseconds(0)); }

    /// Waits for it at most so long.
    bool wait(std::chrono::milliseconds most) const;

    /// Waits until `fd` has something to read: true, or false once the interrupt is there.
    bool wait_readable(int fd) const;

    /// Waits until `fd` takes bytes: true, or false when the interrupt comes and it takes none.
    bool wait_writable(int fd) const;

  private:
    sigset_t before_;  ///< signal mask
    int signals_;
};

}  // namespace zex::tool
