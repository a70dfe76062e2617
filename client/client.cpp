#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <utility>

#include <nlohmann/json.hpp>

#include <zex/client.hpp>

#include "client/client_core.h"
#include "client/closed_error.h"
#include "client/publish_tally.h"
#include "common/wire/properties.h"

namespace zex {

namespace {

Result<nlohmann::json> ask_rows(ClientCore& core, wire::Operation operation) {
    Result<wire::Ok> ok = core.ask_ok(std::move(operation));
    if (!ok) return ok.error();
    if (ok->rows.empty()) return error(ErrorCode::bad_reply, "the broker sent no rows", "rows");
    nlohmann::json rows = nlohmann::json::parse(wire::json_text(ok->rows), nullptr, false);
    if (rows.is_discarded()) return error(ErrorCode::bad_reply, "rows are unreadable", "rows");
    return rows;
}

Status status_of(const Result<wire::Ok>& ok) {
    return ok ? Status() : Status(ok.error());
}

/// Made here and not by the broker, so that the request can be sent twice, and so that the queue
/// has the same name when it must be made anew.
std::string temporary_name() {
    std::random_device random;
    std::array<char, 9> digits{};
    std::string name = "tmp-";
    for (int i = 0; i < 4; ++i) {
        std::snprintf(digits.data(), digits.size(), "%08x", static_cast<unsigned>(random()));
        name += digits.data();
    }
    return name;
}

}  // namespace

// ---- Consumer -----------------------------------------------------------------------------------

/// The last copy's end cancels.
struct Consumer::State {
    std::shared_ptr<Subscription> subscription;
    std::weak_ptr<ClientCore> core;
    Duration timeout{0};
    ForkGuard guard;

    /// This thread reads the socket itself, where it may.
    Subscription::Lead lead() {
        return [this](Instant until) {
            if (const auto alive = core.lock()) alive->lead(*subscription, until);
        };
    }

    ~State() {
        if (guard.is_child()) {
            // Not ours to end, and a mutex may be locked for ever.
            new std::shared_ptr<Subscription>(std::move(subscription));
            return;
        }
        if (const auto alive = core.lock()) {
            alive->abandon(subscription);
        } else {
            (void)subscription->silence(Instant::max());
        }
    }
};

const std::string& Consumer::name() const {
    return state_->subscription->name();
}

Result<Delivery> Consumer::next(std::optional<Milliseconds> timeout) {
    if (state_->guard.is_child()) return used_in_child();
    const Duration longest = timeout ? Duration(*timeout) : state_->timeout;
    return state_->subscription->next(longest, state_->lead());
}

Result<std::optional<Delivery>> Consumer::try_next() {
    using Taken = std::optional<Delivery>;
    if (state_->guard.is_child()) return used_in_child();
    Result<Delivery> next = state_->subscription->next(Duration{0});
    if (next) return Taken(std::move(*next));
    if (next.error().code == ErrorCode::timed_out) return Taken();
    return next.error();
}

Result<Deliveries> Consumer::next_batch(std::size_t most, std::optional<Milliseconds> timeout) {
    if (state_->guard.is_child()) return used_in_child();
    const Duration longest = timeout ? Duration(*timeout) : state_->timeout;
    return state_->subscription->next_batch(most, longest, state_->lead());
}

Status Consumer::cancel() {
    const auto core = state_->core.lock();
    return core ? core->cancel(state_->subscription) : closed_error();
}

Consumer::Iterator& Consumer::Iterator::operator++() {
    current_.reset();
    State& state = *consumer_->state_;
    Result<Delivery> next = state.subscription->next(std::nullopt, state.lead());
    if (next) {
        current_ = std::move(*next);
    } else {
        consumer_ = nullptr;
    }
    return *this;
}

// ---- Client -------------------------------------------------------------------------------------

Result<Client> Client::connect(Options options) {
    auto core = ClientCore::connect(std::move(options));
    if (!core) return core.error();
    return Client(std::move(*core));
}

Client::Client(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
}

Client::~Client() {
    if (!core_) return;
    if (core_->is_child()) {
        // Its threads are the parent's: nothing here may be touched any more.
        new std::shared_ptr<ClientCore>(std::move(core_));
        return;
    }
    constexpr Duration patience = std::chrono::milliseconds(500);
    (void)core_->end(SteadyClock().now() + patience, Instant::max());
}

Status Client::close(std::optional<Milliseconds> timeout) {
    const Milliseconds longest = timeout.value_or(core_->options().timeout);
    const Instant deadline = SteadyClock().now() + longest;
    Status flushed = core_->flush(longest);
    if (!flushed && flushed.error().code == ErrorCode::client_closed) flushed = {};
    constexpr Duration least = std::chrono::milliseconds(100);
    const Instant end = std::max(deadline, SteadyClock().now() + least);
    Status ended = core_->end(end, end);
    return flushed ? ended : flushed;
}

ConnectionState Client::state() const {
    return core_->board().state();
}
std::string Client::session() const {
    return core_->board().session();
}

Status Client::declare_exchange(const std::string& name, const ExchangeOptions& options) {
    wire::DeclareExchange declare;
    declare.exchange = name;
    declare.kind = options.kind;
    declare.durable = options.durable;
    declare.auto_delete = options.auto_delete;
    declare.passive = options.passive;
    return status_of(core_->ask_ok(std::move(declare)));
}

Status Client::delete_exchange(const std::string& name, bool if_unused) {
    return status_of(core_->ask_ok(wire::DeleteExchange{name, if_unused}));
}

Result<QueueInfo> Client::declare_queue(const std::string& name, const QueueOptions& options) {
    wire::DeclareQueue declare;
    declare.queue = name.empty() ? temporary_name() : name;
    declare.durable = options.durable;
    declare.durability = options.durability;
    declare.exclusive = options.exclusive || name.empty();
    declare.auto_delete = options.auto_delete;
    declare.passive = options.passive;
    declare.max_messages = options.max_messages;
    declare.max_bytes = options.max_bytes;
    const std::string declared = declare.queue;
    declare.overflow = options.overflow;
    const Result<wire::Ok> ok = core_->ask_ok(std::move(declare));
    if (!ok) return ok.error();
    return QueueInfo{declared, ok->messages.value_or(0), ok->consumers.value_or(0)};
}

Result<std::uint64_t> Client::delete_queue(const std::string& name, bool if_unused, bool if_empty) {
    const Result<wire::Ok> ok = core_->ask_ok(wire::DeleteQueue{name, if_unused, if_empty});
    if (!ok) return ok.error();
    return ok->messages.value_or(0);
}

Status Client::bind(const std::string& queue, const std::string& exchange,
                    const std::vector<std::string>& keys) {
    return status_of(core_->ask_ok(wire::Bind{queue, exchange, keys}));
}

Status Client::unbind(const std::string& queue, const std::string& exchange,
                      const std::vector<std::string>& keys) {
    return status_of(core_->ask_ok(wire::Unbind{queue, exchange, keys}));
}

Result<std::uint64_t> Client::purge(const std::string& queue) {
    const Result<wire::Ok> ok = core_->ask_ok(wire::Purge{queue});
    if (!ok) return ok.error();
    return ok->messages.value_or(0);
}

Result<Confirmed> Client::publish(std::string_view exchange, std::string_view key,
                                  const Message& message, const PublishOptions& options) {
    return core_->publish(exchange, key, message, options).get();
}

std::future<Result<Confirmed>> Client::publish_async(std::string_view exchange,
                                                     std::string_view key, const Message& message,
                                                     const PublishOptions& options) {
    return core_->publish(exchange, key, message, options);
}

Publisher Client::publisher() {
    Publisher publisher;
    publisher.core_ = core_;
    publisher.tally_ = std::make_shared<PublishTally>();
    return publisher;
}

Status Publisher::publish(std::string_view exchange, std::string_view key, const Message& message,
                          const PublishOptions& options) {
    return core_->publish_counted(*tally_, exchange, key, message, options);
}

PublishCounts Publisher::counts() const {
    return tally_->counts();
}

Status Publisher::wait(std::optional<Milliseconds> timeout) {
    if (core_->is_child()) return used_in_child();
    const Milliseconds longest = timeout.value_or(core_->options().timeout);
    if (tally_->wait(std::chrono::steady_clock::now() + longest)) return {};
    return error(ErrorCode::timed_out, "not all messages were answered within " +
                                           std::to_string(longest.count()) +
                                           " ms; wait again or look at counts()");
}

std::vector<PublishFailure> Publisher::take_failures() {
    return tally_->take_failures();
}

Status Client::post(std::string_view exchange, std::string_view key, const Message& message,
                    const PublishOptions& options) {
    return core_->post(exchange, key, message, options);
}

Status Client::flush(std::optional<Milliseconds> timeout) {
    return core_->flush(timeout);
}

Result<Consumer> Client::consume(const std::string& queue, const ConsumeOptions& options) {
    return consume(queue, options, nullptr);
}

Result<Consumer> Client::consume(const std::string& queue, const ConsumeOptions& options,
                                 std::function<void(Delivery&)> on_delivery) {
    auto subscription = core_->consume(queue, options, std::move(on_delivery));
    if (!subscription) return subscription.error();
    Consumer consumer;
    consumer.state_ = std::make_shared<Consumer::State>();
    consumer.state_->subscription = std::move(*subscription);
    consumer.state_->core = core_;
    consumer.state_->timeout = core_->options().timeout;
    return consumer;
}

Result<std::optional<Delivery>> Client::get(const std::string& queue, bool no_ack) {
    return core_->get(queue, no_ack);
}

Result<std::chrono::microseconds> Client::ping() {
    const auto begin = std::chrono::steady_clock::now();
    const Result<bool> pong = core_->ask<bool>(
        wire::Ping{}, {}, [](const wire::Answer&) -> Result<bool> { return true; });
    if (!pong) return pong.error();
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
}

Result<nlohmann::json> Client::list(const std::string& what) {
    return ask_rows(*core_, wire::List{what});
}

Result<nlohmann::json> Client::status() {
    return ask_rows(*core_, wire::StatusRequest{});
}

Result<nlohmann::json> Client::explain(const std::string& exchange, const std::string& key) {
    return ask_rows(*core_, wire::Explain{exchange, key});
}

Result<nlohmann::json> Client::peek(const std::string& queue, std::uint64_t count) {
    return ask_rows(*core_, wire::Peek{queue, count});
}

Status Client::backup(const std::string& name, std::optional<Milliseconds> timeout) {
    return status_of(core_->ask_ok(wire::Backup{name}, timeout));
}

const char* version() {
    return ZEX_VERSION;
}

}  // namespace zex
