#include "broker/shell/broker_loop.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <variant>

#include <pthread.h>

#include "broker/admin/admin.h"
#include "common/base/check.h"

namespace zex::shell {
namespace {

using std::chrono::milliseconds;

constexpr Duration stop_patience = milliseconds(1000);
constexpr Duration stop_linger = milliseconds(500);

Intake::Bounds intake_bounds(const Options& options) {
    return {options.unread_bytes, options.hello_timeout, 2 * options.connections + 16};
}

}  // namespace

Result<std::unique_ptr<BrokerLoop>> BrokerLoop::open(const Options& options, net::Context& context,
                                                     const Clock& clock, core::Entropy entropy,
                                                     Log log) {
    std::vector<Listener> listeners;
    for (const std::string& endpoint : options.endpoints) {
        auto listener = Listener::open(context, endpoint, options);
        if (!listener) return listener.error();
        listeners.push_back(std::move(*listener));
    }
    std::unique_ptr<BrokerLoop> loop(
        new BrokerLoop(options, std::move(listeners), clock, std::move(entropy), std::move(log)));
    if (Status opened = loop->open_storage(); !opened) return opened.error();
    if (!loop->is_starting() && options.on_ready) options.on_ready();
    return loop;
}

BrokerLoop::BrokerLoop(const Options& options, std::vector<Listener> listeners, const Clock& clock,
                       core::Entropy entropy, Log log)
    : options_(options),
      clock_(clock),
      now_(clock.now()),
      started_(now_),
      core_(options.core, std::move(entropy)),
      gate_(options.core),
      intake_(intake_bounds(options)),
      next_intake_check_(now_),
      outbox_([this](ConnectionId to, std::span<net::Frame> frames) { return send(to, frames); },
              {options.answer_bytes, options.frame_bytes}),
      event_log_(std::move(log)),
      listeners_(std::move(listeners)),
      dry_(listeners_.size(), false) {
    std::vector<net::ConnectionEvents> events;
    for (Listener& listener : listeners_) {
        events.push_back(listener.take_events());
        poll_items_.push_back({&listener.socket()});
        event_log_.listening(listener.endpoint());
    }
    poll_items_.push_back({nullptr, bell_.fd()});
    monitor_ = std::make_unique<Monitor>(std::move(events), bell_);
}

BrokerLoop::~BrokerLoop() = default;

std::vector<std::string> BrokerLoop::endpoints() const {
    std::vector<std::string> all;
    for (const Listener& listener : listeners_) all.push_back(listener.endpoint());
    return all;
}

void BrokerLoop::run() {
    pthread_setname_np(pthread_self(), "zex-broker");
    while (step(std::nullopt)) {
    }
}

void BrokerLoop::stop() noexcept {
    stop_asked_.store(true);
    bell_.ring();
}

bool BrokerLoop::step(std::optional<Duration> max_wait) {
    if (stopped_) return false;
    wait(max_wait);
    now_ = clock_.now();
    monitor_->take(sightings_);
    take_store_events();
    drain_listeners();
    look_at_sightings();
    do_what_is_due();
    let_leavers_go();
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
    until(probes_.next_deadline());
    until(stop_by_);
    if (store_) until(store_->next_deadline());
    until(give_back_at_);
    if (!intake_.empty()) until(next_intake_check_);
    if (outbox_.waiting()) at_most(milliseconds(1));
    if (more_input_ || !leavers_.empty()) at_most(Duration(0));
    if (!poll(longest)) stop_asked_.store(true);
    if (poll_items_.back().ready) bell_.clear();
}

/// As net::poll, but sleeps only after it has looked for as long as Options::busy_poll.
bool BrokerLoop::poll(std::optional<Duration> longest) {
    const Duration busy = std::min(options_.busy_poll, longest.value_or(options_.busy_poll));
    const Instant start = busy > Duration(0) ? clock_.now() : Instant();
    Duration spent{0};
    while (spent < busy) {
        if (!net::poll(poll_items_, Duration(0))) return false;
        const auto is_ready = [](const net::PollItem& item) { return item.ready; };
        if (std::any_of(poll_items_.begin(), poll_items_.end(), is_ready)) return true;
        std::this_thread::yield();  // to whoever has the input, where processors are few
        spent = clock_.now() - start;
    }
    if (longest) *longest = std::max(*longest - spent, Duration(0));
    return net::poll(poll_items_, longest);
}

/// After the listeners are drained: what a lost connection had sent counts as from it.
void BrokerLoop::look_at_sightings() {
    using Kind = net::ConnectionEvent::Kind;
    for (const Sighting& sighting : sightings_) {
        switch (sighting.kind) {
            case Kind::accepted:
                ++counters_.connections_accepted;
                if (!intake_.accepted(sighting.fd, now_)) ++counters_.connections_cut_surplus;
                break;
            case Kind::lost:
                intake_.lost(sighting.fd);
                if (connections_.messages_through(sighting.fd) == 0) {
                    ++counters_.connections_wordless;
                }
                for (const ConnectionId id : connections_.through(sighting.fd)) {
                    probes_.start(id, now_);
                }
                break;
            case Kind::handshake_failed:
                ++counters_.handshakes_failed;
                break;
            case Kind::accept_failed:
                ++counters_.accepts_failed;
                break;
            case Kind::greeted:
            case Kind::connected:
            case Kind::connect_failed:
                break;
        }
    }
}

void BrokerLoop::drain_listeners() {
    more_input_ = false;
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        const std::size_t listener = (first_listener_ + i) % listeners_.size();
        dry_[listener] = drain(listener);
        if (!dry_[listener]) more_input_ = true;
    }
    if (!listeners_.empty()) first_listener_ = (first_listener_ + 1) % listeners_.size();
}

/// True when it had nothing more.
bool BrokerLoop::drain(std::size_t listener) {
    for (std::uint64_t i = 0; i < listener_share; ++i) {
        if (listeners_[listener].receive(frames_) != net::Got::message) return true;
        receive(listener, frames_);
    }
    return false;
}

void BrokerLoop::receive(std::size_t listener, std::span<net::Frame> frames) {
    Connection* known = connections_.find(listener, frames[0].view());
    if (known == nullptr) {
        known = &connections_.add(listener, listeners_[listener].endpoint(), frames);
        outbox_.open(known->id, known->form);
        peers_.expect_hello(known->id, now_ + options_.hello_timeout);
    }
    Connection& connection = *known;
    ++connection.messages;
    peers_.heard(connection.id, now_);
    auto admitted = gate_.admit(frames.subspan(1));
    if (auto* refusal = std::get_if<wire::Refusal>(&admitted)) {
        if (!connection.open()) outbox_.set_form(connection.id, refusal->form);
        event_log_.refused(connection, refusal->error, now_);
        outbox_.answer(connection.id,
                       {refusal->id, wire::ErrorReply{std::move(refusal->error), {}}});
        return;
    }
    const auto& decoded = std::get<wire::Decoded<wire::Request>>(admitted);
    if (is_starting() && hold(listener, frames, decoded.value)) return;
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
    peers_.attach(connection->id, milliseconds(effect.heartbeat_ms),
                  milliseconds(effect.timeout_ms), now_);
}

void BrokerLoop::perform(const core::HangUp& effect) {
    Connection* connection = connections_.find(effect.connection);
    if (connection == nullptr || !connection->open()) return;
    event_log_.hung_up(*connection, core_);
    --open_connections_;
    connection->session = {};
    peers_.expect_hello(connection->id, now_ + options_.hello_timeout);
}

void BrokerLoop::send_all() {
    outbox_.retry();
    outbox_.end_turn();
    for (auto news = outbox_.take_news(); !news.empty(); news = outbox_.take_news()) {
        for (const Outbox::News& item : news) heed(item);
        outbox_.end_turn();
    }
}

net::Sent BrokerLoop::send(ConnectionId to, std::span<net::Frame> frames) {
    const Connection* connection = connections_.find(to);
    if (connection == nullptr) return net::Sent::unreachable;
    const net::Sent result = listeners_[connection->listener].send(connection->routing_id, frames);
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
    if (!stop_by_ || (outbox_.waiting() && now_ < *stop_by_)) return true;
    for (Listener& listener : listeners_) listener.set_linger(stop_linger);
    listeners_.clear();
    event_log_.stopped(core_);
    stopped_ = true;
    return false;
}

std::vector<wire::CounterView> BrokerLoop::counters() const {
    std::vector<wire::CounterView> rows = {
        {"connections", connections_.size()},       {"connections_open", open_connections_},
        {"frames_sent", outbox_.frames_sent()},     {"sends_blocked", outbox_.times_blocked()},
        {"sightings_dropped", monitor_->dropped()},
    };
    for (const ShellCounterRow& row : shell_counter_table) {
        rows.push_back({std::string(row.name), counters_.*row.value});
    }
    add_storage_numbers(rows);
    for (wire::CounterView& row : gate_.counters()) rows.push_back(std::move(row));
    return rows;
}

}  // namespace zex::shell
