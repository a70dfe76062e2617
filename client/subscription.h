// One consumer, as the library sees it: deliveries that wait to be read, and how it ends.
//
// Thread: deliver(), new_generation() and end() from who has the driver's turn; the rest from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <zex/client.hpp>

#include "client/delivery.h"
#include "client/inbox_budget.h"
#include "common/base/time.h"

namespace zex {

class Subscription {
  public:
    /// `settles` is nothing for a consumer that does not ack. Without `on_delivery` somebody
    /// calls next().
    Subscription(std::string name, std::shared_ptr<SettleBuffer> settles,
                 std::function<void(Delivery&)> on_delivery, std::shared_ptr<InboxBudget> budget);

    const std::string& name() const { return name_; }
    const std::shared_ptr<SettleBuffer>& settles() const { return settles_; }

    /// True when run_callbacks() has to be scheduled.
    bool deliver(std::shared_ptr<const DeliveryFactory::Frame> frame);

    /// Unread deliveries of the connection before come again, and are thrown away here.
    void new_generation();

    /// No deliveries any more. Those that are here may still be read where `keep_unread`; else they
    /// go back to the queue.
    void end(const Error& why, bool keep_unread);

    /// Something can be read, or has ended; somebody waits for it here.
    bool ready() const;
    bool waited_for() const;

    /// Waits for something to be read until then, as far as it likes; then the rest is waited here.
    using Lead = std::function<void(Instant until)>;

    /// Waits at most `longest`, or without limit. Reads no clock where a delivery is here already.
    Result<Delivery> next(std::optional<Duration> longest, const Lead& lead = nullptr);
    /// Those of one frame that are left, at most `most`.
    Result<Deliveries> next_batch(std::size_t most, std::optional<Duration> longest,
                                  const Lead& lead = nullptr);

    /// Calls back for what is here, up to a bound; true when there is more.
    bool run_callbacks();

    /// No callback begins any more, and none runs after this returns, but one that calls it.
    void silence();

  private:
    struct Chunk {
        std::shared_ptr<const DeliveryFactory::Frame> frame;
        std::size_t next = 0;
        std::size_t bytes = 0;
    };
    /// Messages [first, last) of a frame.
    struct Part {
        std::shared_ptr<const DeliveryFactory::Frame> frame;
        std::size_t first = 0;
        std::size_t last = 0;
    };
    // These require the mutex.
    bool is_ready() const { return !chunks_.empty() || ended_.has_value(); }
    Status wait(std::unique_lock<std::mutex>& lock, std::optional<Duration> longest,
                const Lead& lead);
    Part take(std::size_t most);  ///< requires a chunk
    void drop_unread();

    const std::string name_;
    const std::shared_ptr<SettleBuffer> settles_;
    const std::function<void(Delivery&)> on_delivery_;
    const std::shared_ptr<InboxBudget> budget_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiters_ = 0;  ///< in wait()
    std::deque<Chunk> chunks_;
    bool scheduled_ = false;
    bool silent_ = false;
    std::optional<std::thread::id> calling_;  ///< the thread inside on_delivery_
    std::optional<Error> ended_;
};

}  // namespace zex
