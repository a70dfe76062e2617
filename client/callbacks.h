// The program's callbacks, one at a time, in order, on a thread of their own, so that a slow one
// holds up neither the socket nor a waiting call.
//
// Thread: post() and stop() from any, a callback included.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "client/inbox_budget.h"

namespace zex {

class Callbacks {
  public:
    explicit Callbacks(std::shared_ptr<InboxBudget> budget);
    ~Callbacks() { stop(); }

    /// `bytes` count as unread until the task has run. Nothing happens after stop().
    void post(std::function<void()> task, std::size_t bytes = 0);

    /// Runs the task again, behind what waits by then, for as long as it gives true.
    void post_repeating(std::function<bool()> task);

    /// Tasks that have not begun are thrown away. Waits for the one that runs, unless called by it.
    void stop();

  private:
    struct Queue;
    static void run(const std::shared_ptr<Queue>& queue);

    std::shared_ptr<Queue> queue_;
    std::thread thread_;
};

}  // namespace zex
