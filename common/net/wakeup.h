// Makes a thread that waits in poll() go on: a bell that any thread, or a signal handler, rings.
//
// Thread: ring() from any; clear() from the thread that waits.
#pragma once

namespace zex::net {

class Wakeup {
  public:
    Wakeup();
    ~Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    int fd() const { return fd_; }  ///< readable from ring() until clear()
    void ring() const noexcept;
    void clear() const noexcept;

  private:
    int fd_;
};

}  // namespace zex::net
