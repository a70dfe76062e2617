// The program's callbacks, one at a time, in order, on a thread of their own, so that a slow one
// holds up neither the socket nor a waiting call. An exception that leaves a callback is handed to
// `on_exception`, on that thread.
//
// Thread: every function from any, a callback included.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

#include <zex/error.hpp>

#include "client/inbox_budget.h"
#include "common/base/time.h"

namespace zex {

class Callbacks {
  public:
    Callbacks(std::shared_ptr<InboxBudget> budget, std::function<void(const Error&)> on_exception);
    ~Callbacks() { stop(Instant::max()); }

    /// `bytes` count as unread until the task has run. Nothing happens after stop().
    void post(std::function<void()> task, std::size_t bytes = 0);

    /// Runs the task again, behind what waits by then, for as long as it gives true.
    void post_repeating(std::function<bool()> task);

    /// Tasks that have not begun are thrown away. Waits until then for the one that runs, unless
    /// called by it. False where it still runs.
    bool stop(Instant deadline);

    bool is_this_thread() const;

  private:
    struct Queue;
    static void run(const std::shared_ptr<Queue>& queue);

    std::shared_ptr<Queue> queue_;
};

/// What `thrown` says, as an error `callback_failed`.
Error callback_error(const std::exception_ptr& thrown);

}  // namespace zex
