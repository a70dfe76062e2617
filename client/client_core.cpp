#include "client/client_core.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "client/message_fields.h"
#include "client/now.h"
#include "common/base/text.h"

namespace zex {
namespace {

constexpr std::size_t largest_message = std::size_t{1} << 31;

/// What the program hears of an exception in its callback.
std::function<void(const Error&)> teller(const Options& options) {
    return [tell = options.on_error](const Error& why) {
        if (!tell) {
            const std::string line = "zex client: " + why.text() + "\n";
            std::fwrite(line.data(), 1, line.size(), stderr);
            return;
        }
        try {
            tell(why);
        } catch (...) {
            // There is nobody left to tell.
        }
    };
}

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

/// An endpoint that cannot be one, whoever listens.
std::optional<Error> what_is_wrong(const std::string& endpoint, const Options& options) {
    const auto bad = [&](const std::string& why) {
        return error(ErrorCode::bad_argument, "the endpoint '" + escaped(endpoint) + "' " + why,
                     "endpoints");
    };
    const std::size_t scheme_end = endpoint.find("://");
    if (scheme_end == std::string::npos) {
        return bad("has no scheme; did you mean tcp://" + escaped(endpoint) + "?");
    }
    const std::string scheme = endpoint.substr(0, scheme_end);
    const std::string rest = endpoint.substr(scheme_end + 3);
    if (rest.empty()) return bad("names nothing behind its scheme");
    if (scheme == "ipc") return std::nullopt;
    if (scheme == "inproc") {
        if (options.zmq_context != nullptr) return std::nullopt;
        return bad("is one within a process; give the broker's context as Options::zmq_context");
    }
    if (scheme != "tcp") return bad("has a scheme that is none of tcp, ipc and inproc");
    const std::size_t colon = rest.rfind(':');
    const std::string port = colon == std::string::npos ? "" : rest.substr(colon + 1);
    std::uint32_t number = 0;
    const auto [stop, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (port.empty() || problem != std::errc() || stop != port.data() + port.size() ||
        number == 0 || number > 65535) {
        return bad("has no port; write tcp://HOST:PORT, as in tcp://127.0.0.1:5695");
    }
    if (colon == 0) return bad("has no host; write tcp://HOST:PORT");
    return std::nullopt;
}

Status check_options(const Options& options) {
    if (options.endpoints.empty()) {
        return error(ErrorCode::bad_argument, "there is no endpoint to connect to", "endpoints");
    }
    for (const std::string& endpoint : options.endpoints) {
        if (auto wrong = what_is_wrong(endpoint, options)) return *wrong;
    }
    if (options.message_bytes_max == 0 || options.message_bytes_max > largest_message) {
        return error(ErrorCode::bad_argument, "message_bytes_max is 1 to 2^31",
                     "message_bytes_max");
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
      callbacks_(budget_, teller(options_)),
      driver_({options_, *context_, *bell_, outbox_, subscriptions_, *budget_, callbacks_, board_}),
      thread_([this] { driver_.run(); }) {}

ClientCore::~ClientCore() {
    constexpr Duration patience = std::chrono::milliseconds(500);
    (void)end(now() + patience, Instant::max());
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
    const Result<std::string> own =
        is_child() ? Result<std::string>(used_in_child()) : check(exchange, key, message);
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
    if (is_child()) return used_in_child();
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
    if (is_child()) return used_in_child();
    const Instant deadline = now() + options_.timeout;
    Subscription::Terms terms;
    terms.no_ack = options.no_ack;
    terms.credit_bytes = options.credit_bytes.value_or(options_.inbox_bytes);
    terms.on_delivery = std::move(on_delivery);
    auto failing = std::make_shared<std::weak_ptr<Subscription>>();
    terms.on_failure = [weak = weak_from_this(), failing](const Error& why,
                                                          const Delivery& delivery) {
        const auto core = weak.lock();
        const auto subscription = failing->lock();
        if (core && subscription) core->callback_failed(subscription, why, delivery);
    };
    auto added = subscriptions_.add(options.consumer, std::move(terms), deadline);
    if (!added) return added.error();
    *failing = *added;
    wire::Consume consume;
    consume.queue = queue;
    consume.consumer = (*added)->name();
    consume.credit = options.credit;
    consume.credit_bytes = options.credit_bytes;
    consume.no_ack = options.no_ack;
    const Duration left = std::max<Duration>(deadline - now(), Duration{0});
    const Result<wire::Ok> ok = ask_ok(consume, std::chrono::ceil<Milliseconds>(left));
    if (ok) return added;
    subscriptions_.remove(*added);
    (*added)->end(ok.error(), false);
    return ok.error();
}

/// Unread deliveries go back once the broker sends no more: before, it would send them here again.
/// Then the name is free.
Call ClientCore::cancel_call(const std::shared_ptr<Subscription>& subscription, Answered then) {
    const auto answered = [this, subscription,
                           then = std::move(then)](Result<const wire::Answer*> answer) {
        subscription->end(error(ErrorCode::no_such_consumer, "the consumer was cancelled"), false);
        subscriptions_.remove(subscription);
        if (then) then(std::move(answer));
    };
    return call(wire::Cancel{subscription->name()}, {}, answered);
}

Status ClientCore::cancel(const std::shared_ptr<Subscription>& subscription) {
    if (is_child()) return used_in_child();
    const bool quiet = subscription->silence(now() + options_.timeout);
    const auto still_running = [&] {
        return error(ErrorCode::timed_out, "a callback of consumer '" + subscription->name() +
                                               "' is still running; none begins any more");
    };
    if (!subscriptions_.leave(subscription)) return quiet ? Status() : Status(still_running());
    auto promise = std::make_shared<std::promise<Status>>();
    std::future<Status> done = promise->get_future();
    const auto then = [promise](const Result<const wire::Answer*>& answer) {
        // It may have been cancelled for a delivery that crossed this call.
        const bool gone = answer.ok() || answer.error().code == ErrorCode::no_such_consumer;
        promise->set_value(gone ? Status() : Status(answer.error()));
    };
    if (Status pushed = outbox_.push(cancel_call(subscription, then)); !pushed) {
        subscriptions_.remove(subscription);
        return pushed;
    }
    if (!quiet) return still_running();
    return done.get();
}

void ClientCore::abandon(const std::shared_ptr<Subscription>& subscription) {
    (void)subscription->silence(Instant::max());
    if (!subscriptions_.leave(subscription)) return;
    // Refused only where the client is closed, and the consumer with it.
    if (!outbox_.push(cancel_call(subscription, nullptr))) subscriptions_.remove(subscription);
}

/// The consumer ends; the message that was being worked on goes back to the queue.
void ClientCore::callback_failed(const std::shared_ptr<Subscription>& subscription,
                                 const Error& why, const Delivery& delivery) {
    if (subscriptions_.leave(subscription)) {
        const auto then = [delivery](const Result<const wire::Answer*>&) {
            (void)DeliveryFactory::give_back(delivery);
        };
        if (!outbox_.push(cancel_call(subscription, then))) subscriptions_.remove(subscription);
    }
    Error told = why;
    told.reason = "consumer '" + subscription->name() + "' ended: " + why.reason;
    teller(options_)(told);
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

Status ClientCore::say_goodbye(Instant until) {
    const ConnectionState state = board_.state();
    if (state != ConnectionState::connected && state != ConnectionState::resumed) return {};
    const auto left = std::chrono::ceil<Milliseconds>(until - now());
    const auto done = ask<bool>(wire::Close{}, std::max(Milliseconds(1), left),
                                [](const wire::Answer&) -> Result<bool> { return true; });
    // When the broker goes while we leave, the client is closed all the same.
    if (done || done.error().code == ErrorCode::client_closed) return {};
    return done.error();
}

Status ClientCore::end(Instant asked_until, Instant quiet_until) {
    if (is_child()) return used_in_child();
    Status result;
    {
        std::unique_lock lock(life_mutex_);
        if (life_ == Life::open) {
            life_ = Life::ending;
            lock.unlock();
            result = say_goodbye(asked_until);
            driver_.stop();
            thread_.join();
            lock.lock();
            life_ = Life::ended;
            life_changed_.notify_all();
        } else if (callbacks_.is_this_thread()) {
            return {};
        } else {
            // The first one gives up at its own deadline, which may be later than this one.
            const auto ended = [this] { return life_ == Life::ended; };
            if (quiet_until == Instant::max()) {
                life_changed_.wait(lock, ended);
            } else if (!life_changed_.wait_until(lock, time_point(quiet_until), ended)) {
                return error(ErrorCode::timed_out, "another thread is still closing the client");
            }
        }
    }
    if (callbacks_.stop(quiet_until)) return result;
    return error(ErrorCode::timed_out,
                 "the client is closed, but a callback is still running; the client's destructor "
                 "waits for it");
}

}  // namespace zex
