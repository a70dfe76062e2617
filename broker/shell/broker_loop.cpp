#include "broker/shell/broker_loop.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <variant>

#include <pthread.h>

#include "broker/admin/admin.h"
#include "common/base/check.h"
#include "common/net/libzmq/router_transport.h"
#include "common/net/zmtp/engine.h"

namespace zex::shell {
namespace {

using std::chrono::milliseconds;

constexpr Duration stop_patience = milliseconds(1000);
constexpr Duration stop_linger = milliseconds(500);

/// The decoder's limits, which are answered with an error, lie below what a transport cuts for.
net::TransportOptions transport_options(const Options& from) {
    net::TransportOptions options;
    const std::uint64_t body = std::max(from.core.batch_bytes, from.core.message_bytes);
    options.message_bytes = std::min<std::uint64_t>(2 * body + (1 << 20), from.unread_bytes);
    options.surplus_bytes = from.unread_bytes;
    options.output_bytes = from.output_bytes;
    options.hello_timeout = from.hello_timeout;
    options.connections = 2 * from.connections + 16;
    options.backlog = from.backlog;
    options.address_connections = from.address_connections;
    options.address_rate = from.address_rate;
    options.abstract_ipc = from.abstract_ipc;
    options.receive_queue = from.receive_queue;
    options.send_queue = from.send_queue;
    return options;
}

}  // namespace

Result<std::unique_ptr<BrokerLoop>> BrokerLoop::open(const Options& options, net::Context& context,
                                                     const Clock& clock, core::Entropy entropy,
                                                     Log log) {
    std::unique_ptr<BrokerLoop> loop(
        new BrokerLoop(options, clock, std::move(entropy), std::move(log)));
    if (Status listening = loop->listen(context); !listening) return listening.error();
    if (Status opened = loop->open_storage(); !opened) return opened.error();
    if (!loop->is_starting() && options.on_ready) options.on_ready();
    return loop;
}

BrokerLoop::BrokerLoop(const Options& options, const Clock& clock, core::Entropy entropy, Log log)
    : options_(options),
      clock_(clock),
      now_(clock.now()),
      started_(now_),
      core_(options.core, std::move(entropy)),
      gate_(options.core),
      outbox_([this](ConnectionId to, std::span<net::Outgoing> frames) { return send(to, frames); },
              {options.answer_bytes, options.frame_bytes}),
      event_log_(std::move(log)) {
    ZEX_CHECK(poller_.watch(bell_.wakeup.fd(), net::Poller::readable, bell_));
}

BrokerLoop::~BrokerLoop() = default;

/// A transport is made where an endpoint needs it.
Status BrokerLoop::listen(net::Context& context) {
    const net::TransportOptions options = transport_options(options_);
    net::Transport* engine = nullptr;
    net::Transport* router = nullptr;
    for (const std::string& endpoint : options_.endpoints) {
        const bool own =
            !options_.libzmq && (endpoint.starts_with("tcp://") || endpoint.starts_with("ipc://"));
        net::Transport*& transport = own ? engine : router;
        if (transport == nullptr && own) {
            transports_.push_back(
                std::make_unique<net::zmtp::Engine>(options, poller_, connection_ids_));
        } else if (transport == nullptr) {
            transports_.push_back(
                std::make_unique<net::RouterTransport>(options, context, poller_, connection_ids_));
        }
        if (transport == nullptr) transport = transports_.back().get();
        auto listening = transport->listen(endpoint);
        if (!listening) return listening.error();
        endpoints_.push_back(*listening);
        event_log_.listening(*listening);
    }
    return {};
}

void BrokerLoop::run() {
    pthread_setname_np(pthread_self(), "zex-broker");
    while (step(std::nullopt)) {
    }
}

void BrokerLoop::stop() noexcept {
    stop_asked_.store(true);
    bell_.wakeup.ring();
}

bool BrokerLoop::step(std::optional<Duration> max_wait) {
    if (stopped_) return false;
    wait(max_wait);
    now_ = clock_.now();
    for (const auto& transport : transports_) transport->begin_turn(now_);
    take_store_events();
    drain_transports();
    on_transport_events();
    do_what_is_due();
    write_facts();
    send_all();
    return go_on();
}

void BrokerLoop::wait(std::optional<Duration> max_wait) {
    std::optional<Duration> longest = max_wait;
    const auto at_most = [&longest](Duration wait) {
        if (!longest || wait < *longest) longest = std::max(wait, Duration(0));
    };
    const auto until = [&](const std::optional<Instant>& deadline) {
        if (deadline && *deadline != Instant::max()) at_most(*deadline - clock_.now());
    };
    until(core_.next_deadline());
    until(event_log_.next_deadline());
    until(peers_.next_deadline());
    until(stop_by_);
    if (store_) until(store_->next_deadline());
    until(give_back_at_);
    for (const auto& transport : transports_) until(transport->next_deadline());
    if (wants_turn()) at_most(Duration(0));
    poll(longest);
}

bool BrokerLoop::wants_turn() {
    return std::ranges::any_of(transports_, [](const auto& item) { return item->wants_turn(); });
}

/// Sleeps only after it has looked for as long as Options::busy_poll.
void BrokerLoop::poll(std::optional<Duration> longest) {
    const Duration busy = std::min(options_.busy_poll, longest.value_or(options_.busy_poll));
    const Instant start = busy > Duration(0) ? clock_.now() : Instant();
    Duration spent{0};
    while (spent < busy) {
        if (poller_.wait(Duration(0)) > 0 || wants_turn()) return;
        std::this_thread::yield();  // to whoever has the input, where processors are few
        spent = clock_.now() - start;
    }
    if (longest) *longest = std::max(*longest - spent, Duration(0));
    poller_.wait(longest);
}

void BrokerLoop::drain_transports() {
    for (const auto& transport : transports_) {
        net::Transport::Message message;
        for (int i = 0; i < turn_messages && transport->receive(message); ++i) {
            receive(*transport, message.from, std::span(message.frames).first(message.frame_count),
                    message.surplus);
        }
        if (transport->is_shut_down()) stop_asked_.store(true);
    }
}

void BrokerLoop::receive(net::Transport& transport, ConnectionId from,
                         std::span<const std::string_view> frames, bool surplus) {
    Connection* known = connections_.find(from);
    if (known == nullptr) {
        known = &connections_.add(from, transport);
        outbox_.open(from, known->form);
        peers_.expect_hello(from, known->since + options_.hello_timeout);
    }
    Connection& connection = *known;
    peers_.heard(connection.id, now_);
    auto admitted = gate_.admit(frames, surplus);
    if (auto* refusal = std::get_if<wire::Refusal>(&admitted)) {
        if (!connection.open()) outbox_.set_form(connection.id, refusal->form);
        event_log_.refused(connection, refusal->error, now_);
        outbox_.answer(connection.id,
                       {refusal->id, wire::ErrorReply{std::move(refusal->error), {}}});
        return;
    }
    const auto& decoded = std::get<wire::Decoded<wire::Request>>(admitted);
    const bool waits = is_starting() || waits_for_head(decoded.value.operation);
    if (waits && hold(connection, frames, decoded.value)) return;
    serve(connection, decoded);
}

void BrokerLoop::serve(Connection& connection, const wire::Decoded<wire::Request>& decoded) {
    const wire::Request& request = decoded.value;
    if (connection.form != decoded.form) {
        connection.form = decoded.form;
        outbox_.set_form(connection.id, decoded.form);
    }
    event_log_.operation(connection, request);
    if (auto error = why_not(connection, request)) {
        return refuse(connection, request.id, std::move(*error));
    }
    if (const auto* backup = std::get_if<wire::Backup>(&request.operation)) {
        return back_up(connection, request.id, *backup);
    }
    if (!admin::is_look(request.operation)) {
        const auto removal = Removal::of(request.operation, core_);
        apply(core::PeerRequest{connection.id, decoded.form, connection.peer, &request});
        if (removal && removal->happened(core_)) event_log_.removed(connection, *removal);
        return;
    }
    const admin::Extra extra{counters(), started_, is_starting()};
    answer(connection,
           {request.id, admin::answer(core_, connection.id, request.operation, now_, extra)});
}

/// What the shell itself has against a request.
std::optional<Error> BrokerLoop::why_not(const Connection& connection,
                                         const wire::Request& request) const {
    if (connection.open()) return std::nullopt;
    if (!std::holds_alternative<wire::Hello>(request.operation)) {
        return error(ErrorCode::hello_required, "the first operation on a connection is hello");
    }
    if (open_connections_ < options_.connections) return std::nullopt;
    return error(ErrorCode::limit_reached,
                 "the broker has its " + std::to_string(options_.connections) +
                     " connections; close some or raise listen.connections_max");
}

void BrokerLoop::refuse(Connection& connection, std::optional<std::uint64_t> id, Error error) {
    if (error.code == ErrorCode::limit_reached) ++counters_.connections_refused;
    answer(connection, {id, wire::ErrorReply{std::move(error), {}}});
}

void BrokerLoop::answer(Connection& connection, const wire::Reply& reply) {
    if (const auto* failed = std::get_if<wire::ErrorReply>(&reply.answer)) {
        gate_.count(failed->error.code);
        event_log_.refused(connection, failed->error, now_);
    } else if (const auto* welcome = std::get_if<wire::Welcome>(&reply.answer)) {
        connection.session_name = welcome->session;
        const core::Session* session = core_.sessions().find(connection.session);
        if (session != nullptr) connection.client = session->client;
        event_log_.welcomed(connection, *welcome, core_);
    }
    outbox_.answer(connection.id, reply);
}

void BrokerLoop::apply(const core::Command& command) {
    effects_.clear();
    core_.apply(command, {now_, clock_.wall_ms()}, effects_);
    if (store_ && !store_->is_starting()) store_->append(effects_.records);
    for (const core::Loss& loss : effects_.losses) event_log_.lost(loss, now_);
    for (core::Effect& effect : effects_.list) {
        std::visit([this](auto& what) { perform(what); }, effect);
    }
}

void BrokerLoop::perform(const core::Answer& effect) {
    if (Connection* connection = connections_.find(effect.to)) answer(*connection, effect.reply);
}

void BrokerLoop::perform(const core::Attach& effect) {
    Connection* connection = connections_.find(effect.connection);
    ZEX_CHECK(connection != nullptr);
    if (!connection->open()) ++open_connections_;
    connection->session = effect.session;
    connection->transport->admit(connection->id, true);
    peers_.attach(connection->id, milliseconds(effect.heartbeat_ms),
                  milliseconds(effect.timeout_ms), now_);
}

void BrokerLoop::perform(const core::HangUp& effect) {
    Connection* connection = connections_.find(effect.connection);
    if (connection == nullptr || !connection->open()) return;
    event_log_.hung_up(*connection, core_);
    --open_connections_;
    connection->session = {};
    connection->transport->admit(connection->id, false);
    peers_.expect_hello(connection->id, now_ + options_.hello_timeout);
}

void BrokerLoop::send_all() {
    outbox_.retry();
    outbox_.end_turn();
    bound_unread();
    for (auto news = outbox_.take_news(); !news.empty(); news = outbox_.take_news()) {
        for (const Outbox::News& item : news) heed(item);
        outbox_.end_turn();
    }
    for (const auto& transport : transports_) transport->flush();
}

net::Sent BrokerLoop::send(ConnectionId to, std::span<net::Outgoing> frames) {
    const Connection* connection = connections_.find(to);
    if (connection == nullptr) return net::Sent::unreachable;
    const net::Sent result = connection->transport->send(to, frames);
    if (result == net::Sent::sent) peers_.sent(to, now_);
    return result;
}

bool BrokerLoop::go_on() {
    if (stop_asked_.load() && !stop_by_) {
        stop_by_ = now_ + stop_patience;
        event_log_.stopping();
        finish_storage();
        if (!core_.is_shutting_down()) apply(core::ShutDown{});
        send_all();
    }
    if (!stop_by_ || (unread_bytes() > 0 && now_ < *stop_by_)) return true;
    for (const auto& transport : transports_) transport->shut_down(stop_linger);
    transports_.clear();
    event_log_.stopped(core_);
    stopped_ = true;
    return false;
}

std::vector<wire::CounterView> BrokerLoop::counters() const {
    std::vector<wire::CounterView> rows = {
        {"connections", connections_.size()},   {"connections_open", open_connections_},
        {"frames_sent", outbox_.frames_sent()}, {"sends_blocked", outbox_.times_blocked()},
        {"unread_bytes", unread_bytes()},
    };
    std::vector<net::TransportCounters> all;
    for (const auto& transport : transports_) all.push_back(transport->counters());
    for (const net::TransportCounterRow& row : net::transport_counter_table) {
        std::uint64_t sum = 0;
        for (const net::TransportCounters& one : all) sum += one.*row.value;
        rows.push_back({std::string(row.name), sum});
    }
    for (const ShellCounterRow& row : shell_counter_table) {
        rows.push_back({std::string(row.name), counters_.*row.value});
    }
    add_storage_numbers(rows);
    for (wire::CounterView& row : gate_.counters()) rows.push_back(std::move(row));
    return rows;
}

}  // namespace zex::shell
