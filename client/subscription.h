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
    struct Terms {
        bool no_ack = false;
        /// Unread bytes that its credit explains. What is beyond them, and all where there is no
        /// credit, counts in the budget.
        std::size_t credit_bytes = 0;
        /// Without it somebody calls next().
        std::function<void(Delivery&)> on_delivery = {};
        /// Called on the callback thread when an exception has left on_delivery: the consumer has
        /// ended, and this delivery is not settled.
        std::function<void(const Error&, const Delivery&)> on_failure = {};
    };
    /// `settles` is nothing for a consumer that does not ack.
    Subscription(std::string name, std::shared_ptr<SettleBuffer> settles, Terms terms,
                 std::shared_ptr<InboxBudget> budget);

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

    /// No callback begins any more, and none runs after this gives true, but one that calls it.
    /// False where one still runs then.
    bool silence(Instant deadline);

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
    void count(std::size_t bytes_before, std::size_t bytes_after);
    void call(Delivery& delivery);

    const std::string name_;
    const std::shared_ptr<SettleBuffer> settles_;
    const Terms terms_;
    const std::shared_ptr<InboxBudget> budget_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiters_ = 0;  ///< in wait()
    std::deque<Chunk> chunks_;
    std::size_t unread_bytes_ = 0;  ///< of chunks_
    bool scheduled_ = false;
    bool silent_ = false;
    std::optional<std::thread::id> calling_;  ///< the thread inside on_delivery_
    std::optional<Error> ended_;              ///< nothing is read any more
    bool closed_ = false;                     ///< nothing is delivered any more
};

}  // namespace zex
