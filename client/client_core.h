// What stands behind a Client: its parts, and its two threads.
//
// Thread: every function from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <zex/client.hpp>

#include "client/driver.h"
#include "client/fork.h"

namespace zex {

class ClientCore : public std::enable_shared_from_this<ClientCore> {
  public:
    static Result<std::shared_ptr<ClientCore>> connect(Options options);
    ~ClientCore();

    const Options& options() const { return options_; }
    StateBoard& board() { return board_; }
    Subscriptions& subscriptions() { return subscriptions_; }

    /// Asks the broker and waits; `read` makes the result of the answer, on the socket thread.
    template <class T>
    Result<T> ask(wire::Operation operation, std::optional<Milliseconds> timeout,
                  std::function<Result<T>(const wire::Answer&)> read);
    /// The answer's `ok` is all there is to know, or not even that.
    Result<wire::Ok> ask_ok(wire::Operation operation, std::optional<Milliseconds> timeout = {});

    std::future<Result<Confirmed>> publish(std::string_view exchange, std::string_view key,
                                           const Message& message, const PublishOptions& options);
    Status publish_counted(PublishTally& tally, std::string_view exchange, std::string_view key,
                           const Message& message, const PublishOptions& options);
    Status post(std::string_view exchange, std::string_view key, const Message& message,
                const PublishOptions& options);
    Status flush(std::optional<Milliseconds> timeout);

    Result<std::shared_ptr<Subscription>> consume(const std::string& queue,
                                                  const ConsumeOptions& options,
                                                  std::function<void(Delivery&)> on_delivery);
    void lead(Subscription& subscription, Instant until) { driver_.lead(subscription, until); }
    Status cancel(const std::shared_ptr<Subscription>& subscription);
    /// Waits for its running callback only.
    void abandon(const std::shared_ptr<Subscription>& subscription);

    Result<std::optional<Delivery>> get(const std::string& queue, bool no_ack);

    /// Ends the session: waits for the broker to say so until `asked_until`, and for a callback
    /// that is running until `quiet_until`. Whoever comes second waits for the first; within a
    /// callback nobody waits for callbacks. `timed_out`.
    Status end(Instant asked_until, Instant quiet_until);

    /// The process was forked; nothing here may be touched, nor destroyed.
    bool is_child() const { return guard_.is_child(); }

  private:
    ClientCore(Options options, std::unique_ptr<net::Context> context);
    Call call(wire::Operation operation, std::optional<Milliseconds> timeout, Answered answered);
    Status say_goodbye(Instant until);
    void callback_failed(const std::shared_ptr<Subscription>& subscription, const Error& why,
                         const Delivery& delivery);
    Call cancel_call(const std::shared_ptr<Subscription>& subscription, Answered then);
    Status post(const BatchTerms& terms, std::string_view key, const Message& message);
    Result<std::string> check(std::string_view exchange, std::string_view key,
                              const Message& message) const;

    const Options options_;
    const std::unique_ptr<net::Context> context_;
    const std::shared_ptr<Doorbell> bell_;
    const std::shared_ptr<InboxBudget> budget_;
    Outbox outbox_;
    Subscriptions subscriptions_;
    StateBoard board_;
    Callbacks callbacks_;
    Driver driver_;
    enum class Life : std::uint8_t { open, ending, ended };
    const ForkGuard guard_;
    std::mutex life_mutex_;
    std::condition_variable life_changed_;
    Life life_ = Life::open;
    std::thread thread_;
};

// NOLINTBEGIN(performance-unnecessary-value-param): it is moved from
template <class T>
Result<T> ClientCore::ask(wire::Operation operation, std::optional<Milliseconds> timeout,
                          std::function<Result<T>(const wire::Answer&)> read) {
    if (is_child()) return used_in_child();
    auto promise = std::make_shared<std::promise<Result<T>>>();
    std::future<Result<T>> future = promise->get_future();
    const auto answered = [promise,
                           read = std::move(read)](const Result<const wire::Answer*>& answer) {
        promise->set_value(answer ? read(**answer) : Result<T>(answer.error()));
    };
    if (Status pushed = outbox_.push(call(std::move(operation), timeout, answered)); !pushed) {
        return pushed.error();
    }
    return future.get();
}
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace zex
