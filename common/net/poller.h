// Waits for many file descriptors at once and calls who watches those that are ready. One epoll
// instance.
//
// Thread: one.
// Invariants: a watcher is not called after forget(), not even for what had happened before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/time.h"

namespace zex::net {

class Poller {
  public:
    /// What to wait for, and what has happened; may be combined.
    static constexpr std::uint32_t readable = 1;
    static constexpr std::uint32_t writable = 2;
    /// The other end is gone, or the descriptor failed. Told whether it was waited for or not.
    static constexpr std::uint32_t broken = 4;

    class Watcher {
      public:
        virtual void on_ready(std::uint32_t what) = 0;

      protected:
        ~Watcher() = default;
    };

    /// Names what is watched.
    using Token = std::uint64_t;

    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// The watcher must outlive forget(). Nothing where the system has no room for one more.
    std::optional<Token> watch(int fd, std::uint32_t what, Watcher& watcher);
    void change(Token token, std::uint32_t what);
    void forget(Token token);  ///< before the descriptor is closed

    /// Waits until something is ready or `longest` has passed (none: for ever), and calls the
    /// watchers. Rounds up to milliseconds. Gives how many it called.
    std::size_t wait(std::optional<Duration> longest);

  private:
    struct Slot {
        Watcher* watcher = nullptr;
        int fd = -1;
        std::uint32_t generation = 0;
    };
    Slot* find(Token token);

    int fd_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace zex::net
