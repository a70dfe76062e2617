// What waits to be sent, in the order of the calls: batches that fill while the socket thread is
// busy, and requests between them.
//
// Thread: append(), post(), publish(), push() and wait_confirmed() from any; the rest from who has
// the driver's turn.
// Invariants: bytes (waiting or unconfirmed) and unconfirmed messages stay within their bounds;
// at a bound publishers wait, until their deadline.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <zex/client.hpp>

#include "client/batch.h"
#include "client/block_pool.h"
#include "client/call.h"

namespace zex {

class Outbox {
  public:
    using Item = std::variant<std::shared_ptr<Batch>, Call>;

    struct Bounds {
        std::size_t bytes = 0;
        std::size_t unconfirmed = 0;
        std::size_t calls = 100'000;
    };
    /// `announce` is called, by the thread that added it, when something new waits to be taken.
    Outbox(Bounds bounds, std::function<void()> announce)
        : bounds_(bounds), announce_(std::move(announce)) {}

    /// The short way, of messages like the one before: adds to the open batch a message without
    /// fields of its own that agrees with it, in which therefore only the key may need a look.
    /// False, and nothing is done, where it is not so; then another function tells why, or waits.
    bool append(const BatchTerms& terms, std::string_view key, const Message& message);

    /// Adds to the batch at the end, or opens one; the outcome is told to terms.tally, where there
    /// is one. `outbox_full` at the deadline, `message_too_large`, `client_closed`. What is given
    /// has been checked.
    Status post(const BatchTerms& terms, std::string_view key, const Message& message,
                std::string_view own);
    /// The same, with the outcome in a future.
    std::future<Result<Confirmed>> publish(const BatchTerms& terms, std::string_view key,
                                           const Message& message, std::string_view own);

    Status push(Call call);  ///< `client_closed` or `outbox_full`; then `answered` is not called

    /// Waits until all that was published before now has been answered. False at the deadline.
    bool wait_confirmed(Instant deadline);

    void set_limits(const BatchLimits& limits);

    /// The items, up to about `bytes` of body. False when there are none.
    bool take(std::vector<Item>& into, std::size_t bytes);
    void put_back(std::shared_ptr<Batch> batch);  ///< to the front: taken and not sent
    bool empty() const;

    /// Items whose deadline has passed, which are no longer here.
    std::vector<Item> expire(Instant now);
    std::optional<Instant> next_deadline() const;

    /// The batch no longer counts: posted and sent, or settled to its end. Once for each batch.
    void release(const Batch& batch);
    void settled(std::uint64_t messages);

    /// Everything from here on is refused; gives what was waiting.
    std::vector<Item> close();

  private:
    Result<Batch*> room(std::unique_lock<std::mutex>& lock, const BatchTerms& terms,
                        const Message& message);
    Result<Batch*> open_batch(std::unique_lock<std::mutex>& lock, const BatchTerms& terms,
                              const Message& message);
    bool has_room(const BatchTerms& terms, std::size_t bytes) const;
    void add(Batch& batch, const BatchTerms& terms, std::string_view key, const Message& message,
             std::string_view own);
    void announce(const Batch& batch, std::unique_lock<std::mutex>& lock);
    void prepare(Batch& batch);
    void shut_open();

    const Bounds bounds_;
    const std::function<void()> announce_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiters_ = 0;
    std::deque<Item> items_;
    Batch* open_ = nullptr;  ///< the last item, while it may grow
    BlockPool pool_;
    std::size_t last_messages_ = 0;  ///< in the last batch that was open
    std::size_t last_bytes_ = 0;     ///< of its body
    BatchLimits limits_;
    std::size_t bytes_ = 0;
    std::size_t calls_ = 0;
    std::uint64_t published_ = 0;  ///< messages that are to be confirmed, ever
    std::uint64_t settled_ = 0;    ///< of these
    bool closed_ = false;
};

}  // namespace zex
