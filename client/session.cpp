#include "client/session.h"

#include <algorithm>
#include <utility>

#include "client/closed_error.h"
#include "client/message_fields.h"
#include "client/welcome_check.h"
#include "common/base/check.h"

namespace zex {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang 14 does not deduce it by itself

// Trying again cannot help: the broker would say the same.
bool is_final(ErrorCode code) {
    return code == ErrorCode::unsupported_version || code == ErrorCode::session_taken ||
           code == ErrorCode::not_permitted || code == ErrorCode::bad_argument;
}

/// A request that was sent twice meets the work of its first sending.
bool done_before(const wire::Operation& operation, ErrorCode code) {
    return (std::holds_alternative<wire::Consume>(operation) &&
            code == ErrorCode::consumer_exists) ||
           (std::holds_alternative<wire::Cancel>(operation) &&
            code == ErrorCode::no_such_consumer) ||
           (std::holds_alternative<wire::DeleteQueue>(operation) &&
            code == ErrorCode::no_such_queue) ||
           (std::holds_alternative<wire::DeleteExchange>(operation) &&
            code == ErrorCode::no_such_exchange);
}

}  // namespace

Session::Session(Terms terms, std::function<double()> random)
    : terms_(std::move(terms)),
      plan_(terms_.reconnect, terms_.endpoints.size(), std::move(random)) {}

void Session::start(Instant now) {
    attempt_later(std::nullopt, now);
}

// ---- connecting ---------------------------------------------------------------------------------

void Session::attempt_later(const std::optional<Error>& why, Instant now) {
    const auto attempt = plan_.next();
    if (!attempt) {
        return finish(error(ErrorCode::not_connected,
                            "gave up after " + std::to_string(plan_.attempts()) +
                                " attempts to connect" + (why ? "; last: " + why->reason : "")));
    }
    endpoint_ = terms_.endpoints[attempt->endpoint];
    stage_ = Stage::waiting;
    guard_ = now + attempt->delay;
    notify(ConnectionState::connecting, why);
    if (attempt->delay <= Duration{0}) open_link(now);
}

Duration Session::patience() const {
    return plan_.attempts() <= terms_.endpoints.size() ? terms_.first_patience : terms_.patience;
}

void Session::open_link(Instant now) {
    stage_ = Stage::opening;
    guard_ = now + patience();
    effects_.push_back(OpenLink{endpoint_});
}

void Session::link_ready(Instant now) {
    if (stage_ != Stage::opening) return;
    stage_ = Stage::greeting;
    guard_ = now + patience();
    hello_id_ = next_id_++;
    wire::Hello hello;
    hello.versions = {wire::protocol_version};
    hello.client = terms_.name;
    hello.token = token_;
    hello.heartbeat_ms = whole_milliseconds(terms_.heartbeat);
    if (terms_.grace) hello.grace_ms = whole_milliseconds(*terms_.grace);
    hello.batch = true;
    send(hello_id_, std::move(hello));
}

void Session::link_lost(const Error& why, Instant now) {
    if (stage_ == Stage::finished || stage_ == Stage::waiting) return;
    if (closing_) return finish(closed_error());
    effects_.push_back(CloseLink{});
    effects_.push_back(NewGeneration{++generation_});
    calls_.drop_internal();
    unwanted_.clear();
    restoring_ = 0;
    restoration_.connection_lost();
    attempt_later(why, now);
}

void Session::welcomed(const wire::Welcome& welcome, Instant now) {
    if (const auto odd = what_is_odd(welcome, terms_.message_bytes_max)) {
        return is_final(odd->code) ? finish(*odd) : link_lost(*odd, now);
    }
    plan_.succeeded();
    welcome_ = welcome;
    token_ = welcome.token;
    heard_at_ = now;
    sent_at_ = now;
    heartbeat_ = std::chrono::milliseconds(std::max<std::uint64_t>(welcome.heartbeat_ms, 1));
    silence_ = std::chrono::milliseconds(
        std::max<std::uint64_t>(welcome.timeout_ms, 2 * welcome.heartbeat_ms));
    stage_ = Stage::open;
    told_ = false;
    told_all_ = false;
    restore_error_.reset();
    if (!welcome.resumed) restoration_.new_session();
    effects_.push_back(Opened{welcome_});
    // What has to be there goes first, behind it what was under way: requests of one connection are
    // carried out in their order.
    restore(now);
    send_again();
    tell_restored();
}

// ---- restoring ----------------------------------------------------------------------------------

/// Asks for what is missing and due.
void Session::restore(Instant now) {
    for (Restoration::Step& step : restoration_.due(now)) {
        ++restoring_;
        ask(std::move(step.operation),
            [this, id = std::move(step.id)](const auto& answer) { restored(id, answer); });
    }
}

void Session::restored(const Restoration::Id& id, const Result<const wire::Answer*>& answer) {
    --restoring_;
    const bool exists = !answer && id.kind == Restoration::Kind::consumer &&
                        answer.error().code == ErrorCode::consumer_exists;
    if (answer || exists) {
        restoration_.done(id);
    } else {
        const Restoration::Outcome outcome = restoration_.refused(id, answer.error(), now_);
        if (outcome.consumer_ended) effects_.push_back(ConsumerEnded{id.name, answer.error()});
        if (outcome.told && !restore_error_) restore_error_ = answer.error();
    }
    tell_restored();
}

/// Once when all has been asked for and answered; later whenever something cannot be had, and when
/// in the end everything is there.
void Session::tell_restored() {
    if (stage_ != Stage::open || restoring_ > 0) return;
    const bool all = restoration_.agrees();
    if (told_ && !restore_error_ && (told_all_ || !all)) return;
    told_ = true;
    told_all_ = all;
    notify(welcome_.resumed ? ConnectionState::resumed : ConnectionState::connected,
           std::exchange(restore_error_, std::nullopt));
}

void Session::send_again() {
    auto batch = unconfirmed_.batches().begin();
    const auto batches_until = [&](std::uint64_t id) {
        for (; batch != unconfirmed_.batches().end() && batch->first < id; ++batch) {
            for (const auto& [first, count] : batch->second->unsettled_stretches()) {
                send(batch->second, first, count);
            }
        }
    };
    for (auto& [id, sent] : calls_.sent()) {
        if (sent.internal) continue;
        batches_until(id);
        sent.again = true;
        send(id, sent.call.operation);
    }
    batches_until(UINT64_MAX);
}

// ---- the conversation ---------------------------------------------------------------------------

void Session::submit(Call call, Instant now) {
    ZEX_CHECK(open());
    if (call.deadline <= now) {
        return call.answered(never_sent(call.timeout, operation_name(call.operation)));
    }
    if (std::holds_alternative<wire::Close>(call.operation)) closing_ = true;
    restoration_.submitted(call.operation);
    const std::uint64_t id = next_id_++;
    send(id, call.operation);
    calls_.add(id, std::move(call), false);
}

void Session::submit(const std::shared_ptr<Batch>& batch, Instant) {
    ZEX_CHECK(open());
    if (batch->confirmed()) {
        batch->first_id = next_id_;
        next_id_ += batch->size();
        unconfirmed_.add(batch);
    }
    send(batch, 0, batch->size());
}

void Session::receive(const wire::Reply& reply, Instant now) {
    if (stage_ == Stage::finished) return;
    now_ = now;
    const std::optional<std::uint64_t>& id = reply.id;
    std::visit(
        Overloaded{[&](const wire::Welcome& welcome) {
                       if (stage_ == Stage::greeting && id == hello_id_) welcomed(welcome, now);
                   },
                   [&](const wire::ErrorReply& failed) { on_error(id, failed.error, now); },
                   [&](const wire::Confirm& confirm) {
                       if (!id) return;
                       progressed(
                           unconfirmed_.settle(*id, confirm.count, Confirmed{confirm.queues}));
                   },
                   [&](const wire::Refuse& refuse) {
                       if (id)
                           return progressed(unconfirmed_.settle(*id, refuse.count, refuse.error));
                       effects_.push_back(ReportRefused{{refuse.error, refuse.count}});
                   },
                   [&](const wire::Return& returned) { on_return(id, returned); },
                   [&](const wire::Cancelled& cancelled) {
                       restoration_.cancelled(cancelled.consumer, cancelled.error.code);
                       effects_.push_back(ConsumerEnded{cancelled.consumer, cancelled.error});
                   },
                   [&](const wire::Goodbye& goodbye) { on_goodbye(goodbye.error, now); },
                   [&](const wire::Ping&) { send(id, wire::Pong{}); },
                   [&](const auto&) {
                       if (id) on_answer(*id, reply.answer);
                   }},
        reply.answer);
}

void Session::on_error(const std::optional<std::uint64_t>& id, const Error& error, Instant now) {
    if (stage_ == Stage::greeting) {
        return is_final(error.code) ? finish(error) : link_lost(error, now);
    }
    if (id) {
        if (auto sent = calls_.take(*id)) return answer(*sent, error);
        return progressed(unconfirmed_.fail_from(*id, error));
    }
    // Otherwise it is about a settle, for which nobody waits; the broker counts those.
    if (error.code == ErrorCode::hello_required || error.code == ErrorCode::session_expired) {
        link_lost(error, now);
    }
}

void Session::on_goodbye(const Error& error, Instant now) {
    if (is_final(error.code)) return finish(error);
    if (error.code == ErrorCode::session_expired) token_.clear();
    link_lost(error, now);
}

void Session::on_return(const std::optional<std::uint64_t>& id, const wire::Return& returned) {
    if (id) return progressed(unconfirmed_.settle(*id, 1, returned.error));
    effects_.push_back(
        ReportReturned{{std::string(returned.message.exchange), std::string(returned.message.key),
                        message_of(returned.message), returned.error}});
}

void Session::on_answer(std::uint64_t id, const wire::Answer& result) {
    if (auto sent = calls_.take(id)) answer(*sent, &result);
}

void Session::answer(const Calls::Sent& sent, Result<const wire::Answer*> result) {
    static const wire::Answer done = wire::Ok{};
    const wire::Operation& operation = sent.call.operation;
    if (!result && sent.again && done_before(operation, result.error().code)) result = &done;
    const wire::Ok* ok = result ? std::get_if<wire::Ok>(*result) : nullptr;
    if (!sent.internal) {
        if (ok != nullptr) restoration_.succeeded(operation);
        if (!result) restoration_.failed(operation, result.error().code);
    }
    sent.call.answered(result);
    if (std::holds_alternative<wire::Close>(operation)) finish(closed_error());
}

void Session::unwanted(const std::string& consumer) {
    if (!unwanted_.insert(consumer).second) return;
    restoration_.submitted(wire::Cancel{consumer});
    ask(wire::Cancel{consumer}, [this, consumer](const auto&) { unwanted_.erase(consumer); });
}

// ---- time ---------------------------------------------------------------------------------------

void Session::tick(Instant now) {
    if (stage_ == Stage::finished) return;
    now_ = now;
    calls_.expire(now);
    progressed(unconfirmed_.expire(now));
    if (stage_ == Stage::waiting) {
        if (now >= guard_) open_link(now);
        return;
    }
    if (stage_ != Stage::open && now >= guard_) {
        return link_lost(error(ErrorCode::timed_out,
                               endpoint_ + " does not speak the zex protocol, or is overloaded"),
                         now);
    }
    if (stage_ != Stage::open) return;
    if (now >= heard_at_ + silence_) {
        return link_lost(error(ErrorCode::heartbeat_missed,
                               "nothing was heard from " + endpoint_ + " for " +
                                   std::to_string(whole_milliseconds(silence_)) + " ms"),
                         now);
    }
    if (now >= sent_at_ + heartbeat_) {
        sent_at_ = now;
        send(std::nullopt, wire::Ping{});
    }
    // A request of the program under way may change what is wished for: its answer first.
    if (calls_.changing() == 0) restore(now);
}

std::optional<Instant> Session::next_deadline() const {
    if (stage_ == Stage::finished) return std::nullopt;
    Instant first = Instant::max();
    if (stage_ != Stage::open) first = guard_;
    if (stage_ == Stage::open) {
        first = std::min({first, heard_at_ + silence_, sent_at_ + heartbeat_});
        const auto due = restoration_.next_due();
        if (due && calls_.changing() == 0) first = std::min(first, *due);
    }
    for (const auto& deadline : {calls_.next_deadline(), unconfirmed_.next_deadline()}) {
        if (deadline) first = std::min(first, *deadline);
    }
    return first;
}

void Session::finish(const Error& why) {
    if (stage_ == Stage::finished) return;
    stage_ = Stage::finished;
    effects_.push_back(CloseLink{});
    calls_.drop_internal();
    calls_.fail_all(why);
    progressed(unconfirmed_.fail_all(why));
    notify(ConnectionState::closed, closing_ ? std::nullopt : std::optional<Error>(why));
    effects_.push_back(Finished{why});
}

// ---- effects ------------------------------------------------------------------------------------

void Session::ask(wire::Operation operation, Answered answered) {
    const std::uint64_t id = next_id_++;
    effects_.push_back(SendRequest{{id, operation}});
    // Without a deadline: heartbeats tell whether an answer may still come. A broker that reads its
    // log answers when it has done so.
    calls_.add(id, {std::move(operation), Instant::max(), Duration{0}, std::move(answered)}, true);
}

void Session::send(std::optional<std::uint64_t> id, wire::Operation operation) {
    effects_.push_back(SendRequest{{id, std::move(operation)}});
}

void Session::send(const std::shared_ptr<Batch>& batch, std::size_t first, std::size_t count) {
    SendBatch effect{batch, first, count, std::nullopt};
    if (batch->confirmed()) effect.id = batch->first_id + first;
    effects_.push_back(std::move(effect));
}

void Session::progressed(Progressed progress) {
    if (progress.messages == 0 && progress.whole.empty()) return;
    effects_.push_back(std::move(progress));
}

void Session::notify(ConnectionState state, std::optional<Error> error) {
    effects_.push_back(Notify{{state, endpoint_, std::move(error), plan_.attempts()}});
}

}  // namespace zex
