#include "client/client_core.h"

#include <algorithm>
#include <utility>

#include "client/message_fields.h"
#include "client/now.h"
#include "common/base/text.h"

namespace zex {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

Error not_reached(const Options& options, const std::optional<Error>& last) {
    std::string reason = "no broker answers at " + joined(options.endpoints) + " within " +
                         std::to_string(options.timeout.count()) + " ms; is zexd running?";
    if (last) reason += " (" + last->reason + ")";
    return error(ErrorCode::not_connected, std::move(reason));
}

Status check_options(const Options& options) {
    if (options.endpoints.empty()) {
        return error(ErrorCode::bad_argument, "there is no endpoint to connect to", "endpoints");
    }
    if (options.reconnect.jitter < 0.0 || options.reconnect.jitter > 1.0) {
        return error(ErrorCode::bad_argument, "jitter is a number from 0 to 1", "jitter");
    }
    if (options.timeout.count() <= 0 || options.heartbeat.count() <= 0) {
        return error(ErrorCode::bad_argument, "timeout and heartbeat must be above 0", "timeout");
    }
    if (options.busy_poll.count() < 0) {
        return error(ErrorCode::bad_argument, "busy_poll is 0 or more", "busy_poll");
    }
    return {};
}

wire::Ok ok_of(const wire::Answer& answer) {
    const auto* ok = std::get_if<wire::Ok>(&answer);
    return ok != nullptr ? *ok : wire::Ok{};
}

}  // namespace

Result<std::shared_ptr<ClientCore>> ClientCore::connect(Options options) {
    if (Status checked = check_options(options); !checked) return checked.error();
    std::unique_ptr<net::Context> context;
    if (options.zmq_context != nullptr) {
        context = net::Context::borrow(options.zmq_context);
    } else {
        auto made = net::Context::make();
        if (!made) return made.error();
        context = std::move(*made);
    }
    std::shared_ptr<ClientCore> core(new ClientCore(std::move(options), std::move(context)));
    core->subscriptions_.on_settle([weak = std::weak_ptr(core)] {
        if (const auto alive = weak.lock()) alive->driver_.announce();
    });
    const ConnectionState state = core->board_.wait_connected(core->options_.timeout);
    if (state == ConnectionState::connected || state == ConnectionState::resumed) return core;
    const std::optional<Error> last = core->board_.last_error();
    if (state == ConnectionState::closed && last && !last->may_retry()) return *last;
    return not_reached(core->options_, last);
}

ClientCore::ClientCore(Options options, std::unique_ptr<net::Context> context)
    : options_(std::move(options)),
      context_(std::move(context)),
      bell_(std::make_shared<Doorbell>()),
      budget_(std::make_shared<InboxBudget>(options_.inbox_bytes, bell_)),
      outbox_({options_.outbox_bytes, options_.unconfirmed_messages},
              [this] { driver_.announce(); }),
      subscriptions_(budget_),
      callbacks_(budget_),
      driver_({options_, *context_, *bell_, outbox_, subscriptions_, *budget_, callbacks_, board_}),
      thread_([this] { driver_.run(); }) {}

ClientCore::~ClientCore() {
    constexpr Duration patience = std::chrono::milliseconds(500);
    (void)end(patience);
}

Call ClientCore::call(wire::Operation operation, std::optional<Milliseconds> timeout,
                      Answered answered) {
    const Duration longest = timeout.value_or(options_.timeout);
    return {std::move(operation), now() + longest, longest, std::move(answered)};
}

Result<wire::Ok> ClientCore::ask_ok(wire::Operation operation,
                                    std::optional<Milliseconds> timeout) {
    return ask<wire::Ok>(
        std::move(operation), timeout,
        [](const wire::Answer& answer) -> Result<wire::Ok> { return ok_of(answer); });
}

// ---- publishing ---------------------------------------------------------------------------------

/// The message's own fields. Whatever the broker would refuse as bad input is refused here: there
/// it would take the whole batch with it.
Result<std::string> ClientCore::check(std::string_view exchange, std::string_view key,
                                      const Message& message) const {
    if (!exchange.empty()) {
        if (auto bad = check_name(exchange, "exchange")) return *bad;
    }
    if (auto bad = check_key(key, "key")) return *bad;
    if (Status checked = check_payload_fields(message.payload); !checked) return checked.error();
    if (is_plain(message)) return std::string();
    return own_fields(message);
}

std::future<Result<Confirmed>> ClientCore::publish(std::string_view exchange, std::string_view key,
                                                   const Message& message,
                                                   const PublishOptions& options) {
    const Result<std::string> own = check(exchange, key, message);
    if (!own) {
        std::promise<Result<Confirmed>> refused;
        refused.set_value(own.error());
        return refused.get_future();
    }
    const BatchTerms terms{exchange, options.mandatory, true,
                           options.timeout.value_or(options_.timeout)};
    return outbox_.publish(terms, key, message, *own);
}

Status ClientCore::publish_counted(PublishTally& tally, std::string_view exchange,
                                   std::string_view key, const Message& message,
                                   const PublishOptions& options) {
    return post(
        {exchange, options.mandatory, true, options.timeout.value_or(options_.timeout), &tally},
        key, message);
}

Status ClientCore::post(std::string_view exchange, std::string_view key, const Message& message,
                        const PublishOptions& options) {
    return post({exchange, options.mandatory, false, options.timeout.value_or(options_.timeout)},
                key, message);
}

Status ClientCore::post(const BatchTerms& terms, std::string_view key, const Message& message) {
    if (outbox_.append(terms, key, message)) return {};
    const Result<std::string> own = check(terms.exchange, key, message);
    if (!own) return own.error();
    return outbox_.post(terms, key, message, *own);
}

// A ping goes the way of the messages before it, so its answer tells that the broker has taken
// them; confirms may come later than that.
Status ClientCore::flush(std::optional<Milliseconds> timeout) {
    const Duration longest = timeout.value_or(options_.timeout);
    const Instant deadline = now() + longest;
    const auto passed =
        ask<bool>(wire::Ping{}, timeout, [](const wire::Answer&) -> Result<bool> { return true; });
    if (!passed) return passed.error();
    if (outbox_.wait_confirmed(deadline)) return {};
    return not_answered(longest, "publishes");
}

// ---- consuming ----------------------------------------------------------------------------------

Result<std::shared_ptr<Subscription>> ClientCore::consume(
    const std::string& queue, const ConsumeOptions& options,
    std::function<void(Delivery&)> on_delivery) {
    auto added = subscriptions_.add(options.consumer, options.no_ack, std::move(on_delivery));
    if (!added) return added.error();
    wire::Consume consume;
    consume.queue = queue;
    consume.consumer = (*added)->name();
    consume.credit = options.credit;
    consume.credit_bytes = options.credit_bytes;
    consume.no_ack = options.no_ack;
    const Result<wire::Ok> ok = ask_ok(consume);
    if (ok) return added;
    subscriptions_.remove(*added);
    return ok.error();
}

/// Unread deliveries go back once the broker sends no more: before, it would send them here again.
Call ClientCore::cancel_call(const std::shared_ptr<Subscription>& subscription, Answered then) {
    const auto answered = [subscription,
                           then = std::move(then)](Result<const wire::Answer*> answer) {
        subscription->end(error(ErrorCode::no_such_consumer, "the consumer was cancelled"), false);
        if (then) then(std::move(answer));
    };
    return call(wire::Cancel{subscription->name()}, {}, answered);
}

Status ClientCore::cancel(const std::shared_ptr<Subscription>& subscription) {
    subscription->silence();
    if (!subscriptions_.remove(subscription)) return {};
    auto promise = std::make_shared<std::promise<Status>>();
    std::future<Status> done = promise->get_future();
    const auto then = [promise](const Result<const wire::Answer*>& answer) {
        // It may have been cancelled for a delivery that crossed this call.
        const bool gone = answer.ok() || answer.error().code == ErrorCode::no_such_consumer;
        promise->set_value(gone ? Status() : Status(answer.error()));
    };
    if (Status pushed = outbox_.push(cancel_call(subscription, then)); !pushed) return pushed;
    return done.get();
}

void ClientCore::abandon(const std::shared_ptr<Subscription>& subscription) {
    subscription->silence();
    if (!subscriptions_.remove(subscription)) return;
    // Refused only where the client is closed, and the consumer with it.
    (void)outbox_.push(cancel_call(subscription, nullptr));
}

Result<std::optional<Delivery>> ClientCore::get(const std::string& queue, bool no_ack) {
    using Taken = std::optional<Delivery>;
    return ask<Taken>(
        wire::Get{queue, no_ack, false}, {}, [this, no_ack](const wire::Answer& answer) {
            const auto* deliver = std::get_if<wire::Deliver>(&answer);
            if (deliver == nullptr || deliver->messages.empty()) return Result<Taken>(Taken());
            auto frame = DeliveryFactory::frame({}, *deliver, subscriptions_.generation(),
                                                no_ack ? nullptr : subscriptions_.taken());
            return Result<Taken>(DeliveryFactory::delivery(std::move(frame), 0));
        });
}

// ---- the end ------------------------------------------------------------------------------------

Status ClientCore::end(Duration patience) {
    const std::lock_guard lock(ending_);
    if (std::exchange(ended_, true)) return {};
    Status result;
    const ConnectionState state = board_.state();
    if (state == ConnectionState::connected || state == ConnectionState::resumed) {
        const auto longest =
            std::max(Milliseconds(1), std::chrono::duration_cast<Milliseconds>(patience));
        const auto done = ask<bool>(wire::Close{}, longest,
                                    [](const wire::Answer&) -> Result<bool> { return true; });
        // When the broker goes while we leave, the client is closed all the same.
        if (!done && done.error().code != ErrorCode::client_closed) result = done.error();
    }
    driver_.stop();
    thread_.join();
    callbacks_.stop();
    return result;
}

}  // namespace zex
