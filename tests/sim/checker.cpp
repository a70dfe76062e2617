#include "tests/sim/checker.h"

#include <algorithm>
#include <chrono>
#include <variant>

#include "broker/core/exchange.h"
#include "broker/core/queue.h"
#include "tests/sim/failure.h"

namespace zex::sim {
namespace {

/// Why the request of this id was not done, if it was not. A settle that names a missing tag
/// settles the others all the same.
bool was_refused(const core::Effects& effects, ConnectionId to, std::uint64_t id) {
    return std::any_of(effects.list.begin(), effects.list.end(), [&](const core::Effect& effect) {
        const auto* answer = std::get_if<core::Answer>(&effect);
        if (answer == nullptr || answer->to != to || answer->reply.id != id) return false;
        const auto* error = std::get_if<wire::ErrorReply>(&answer->reply.answer);
        return error != nullptr && error->error.code != ErrorCode::no_such_delivery;
    });
}

}  // namespace

void Checker::begin(const core::Core& core) {
    core_ = &core;
    sessions_.clear();
    blocked_.clear();
    holders_.clear();
    last_tags_.clear();
    gets_.clear();
    settling_.clear();
    topology_.clear();
    published_.clear();
    numbers_.clear();
}

Checker::Holder* Checker::holder(ConnectionId connection, std::string_view name) {
    const auto session = sessions_.find(connection.number());
    if (session == sessions_.end()) return nullptr;
    Holders& holders = holders_[session->second];
    const auto found = holders.find(name);
    return found == holders.end() ? nullptr : &found->second;
}

void Checker::requeue_all(SessionId session) {
    Holders& holders = holders_[session];
    for (auto& [name, holder] : holders) {
        for (const auto& [tag, held] : holder.held) {
            if (Copy* copy = ledger_.find(held.queue, held.sequence)) copy->held = false;
        }
        holder.held.clear();
        holder.bytes = 0;
    }
    std::erase_if(holders, [](const auto& entry) { return entry.second.cancelled; });
}

void Checker::before(const core::Command& command, Now) {
    if (const auto* request = std::get_if<core::PeerRequest>(&command)) {
        trace_.note("request", request->from.number(), request->request->operation.index(),
                    request->request->id.value_or(0));
        return before_request(*request);
    }
    if (const auto* lost = std::get_if<core::PeerLost>(&command)) {
        trace_.note("lost", lost->connection.number());
        const auto session = sessions_.find(lost->connection.number());
        if (session == sessions_.end()) return;
        requeue_all(session->second);
        sessions_.erase(session);
    } else if (const auto* blocked = std::get_if<core::PeerBlocked>(&command)) {
        blocked_[blocked->connection.number()] = true;
    } else if (const auto* ready = std::get_if<core::PeerReady>(&command)) {
        blocked_[ready->connection.number()] = false;
    }
}

void Checker::before_request(const core::PeerRequest& command) {
    const core::Session* session = core_->sessions().on(command.from);
    const wire::Operation& operation = command.request->operation;
    if (const auto* hello = std::get_if<wire::Hello>(&operation)) {
        if (session != nullptr || core_->is_shutting_down()) return;
        const core::Session* resumed = core_->sessions().with_token(hello->token);
        if (resumed == nullptr || !resumed->connection) return;
        requeue_all(resumed->id);
        sessions_.erase(resumed->connection->number());
        return;
    }
    if (session == nullptr) return;
    const Key key{command.from.number(), command.request->id.value_or(0)};
    if (const auto* publish = std::get_if<wire::Publish>(&operation)) {
        note_publish(command, *publish);
    } else if (const auto* get = std::get_if<wire::Get>(&operation)) {
        const core::Queue* queue = core_->topology().queue(get->queue);
        if (queue != nullptr) gets_[key] = queue->options.durable ? queue->id.number() : 0;
    } else if (std::holds_alternative<wire::Close>(operation)) {
        requeue_all(session->id);
    } else if (const auto* purge = std::get_if<wire::Purge>(&operation)) {
        const core::Queue* queue = core_->topology().queue(purge->queue);
        if (queue == nullptr || !queue->options.durable) return;
        if (!queue->durable()->waiting.empty()) {  // it comes when those have had theirs
            ++ledger_.queues[queue->id.number()].purges_waiting;
            return;
        }
        for (const auto& [sequence, copy] : ledger_.queues[queue->id.number()].copies) {
            if (!copy.held && !copy.done) settling_[key].push_back({queue->id.number(), sequence});
        }
    }
}

void Checker::note_publish(const core::PeerRequest& command, const wire::Publish& verb) {
    const core::Exchange* exchange = core_->topology().exchange(verb.exchange);
    numbers_.clear();
    std::string_view body = verb.body;
    std::uint64_t id = *command.request->id;
    for (const wire::PublishEntry& entry : verb.messages) {
        const Key key{command.from.number(), id++};
        Published& published = published_[key];
        numbers_[read_payload(body.substr(0, entry.size))] = key;
        body.remove_prefix(entry.size);
        if (exchange == nullptr) continue;
        const core::Targets& targets = exchange->route(entry.key);
        published.expected = static_cast<std::uint64_t>(std::count_if(
            targets.begin(), targets.end(), [](const auto* q) { return q->options.durable; }));
    }
}

void Checker::settle(const core::PeerRequest& command, const wire::Settle& verb) {
    Holder* from = holder(command.from, verb.consumer);
    if (from == nullptr) return;
    const Key key{command.from.number(), command.request->id.value_or(0)};
    std::vector<wire::TagRange> ranges = verb.tags;
    if (verb.up_to) {
        const std::uint64_t last = verb.tags.front().last;
        if (last > last_tags_[sessions_.at(command.from.number())]) return;
        ranges = {{0, last}};
    }
    for (const wire::TagRange& range : ranges) {
        auto at = from->held.lower_bound(range.first);
        while (at != from->held.end() && at->first <= range.last) {
            const HeldCopy held = at->second;
            from->bytes -= held.bytes;
            at = from->held.erase(at);
            Copy* copy = ledger_.find(held.queue, held.sequence);
            if (copy == nullptr) continue;
            copy->held = false;
            if (verb.action == wire::Settlement::requeue) continue;
            copy->done = true;
            settling_[key].push_back({held.queue, held.sequence});
        }
    }
    if (from->held.empty() && from->cancelled) {
        holders_[sessions_[command.from.number()]].erase(std::string(verb.consumer));
    }
}

void Checker::after_request(const core::PeerRequest& command, const core::Effects& effects) {
    const std::uint64_t id = command.request->id.value_or(0);
    const Key key{command.from.number(), id};
    const wire::Operation& operation = command.request->operation;
    const bool refused = command.request->id && was_refused(effects, command.from, id);
    if (refused) settling_.erase(key);
    if (const auto* verb = std::get_if<wire::Settle>(&operation)) {
        if (!refused) settle(command, *verb);
    } else if (const auto* cancel = std::get_if<wire::Cancel>(&operation)) {
        Holder* from = holder(command.from, cancel->consumer);
        if (refused || from == nullptr) return;
        from->cancelled = true;
        if (from->held.empty()) {
            holders_[sessions_[command.from.number()]].erase(cancel->consumer);
        }
    } else if (std::holds_alternative<wire::Purge>(operation)) {
        const auto purged = settling_.find(key);
        if (purged == settling_.end()) return;
        for (const auto& [queue, sequence] : purged->second) {
            if (Copy* copy = ledger_.find(queue, sequence)) copy->done = true;
        }
    }
    // The variant's order: declare_exchange, delete_exchange, …, unbind.
    const bool declares = operation.index() >= wire::Operation(wire::DeclareExchange{}).index() &&
                          operation.index() <= wire::Operation(wire::Unbind{}).index();
    if (declares) topology_[key] = ledger_.topology.last_fact();
}

void Checker::after(const core::Command& command, core::Effects& effects, Now now, bool flipped) {
    const auto* request = std::get_if<core::PeerRequest>(&command);
    for (const Ledger::Made& made : ledger_.made) {
        const auto key = numbers_.find(made.message);
        require(key != numbers_.end(), "a message was stored that nobody publishes now");
        published_[key->second].copies.push_back(made);
    }
    if (effects.records.empty()) ledger_.made.clear();
    if (request != nullptr) after_request(*request, effects);
    for (const core::Effect& effect : effects.list) {
        trace_.add(effect.index());
        if (const auto* answer = std::get_if<core::Answer>(&effect)) {
            hear(request, *answer, now);
        } else if (const auto* confirm = std::get_if<core::Confirm>(&effect)) {
            hear_confirm(*confirm, now);
        } else if (const auto* run = std::get_if<core::Deliver>(&effect)) {
            hear_deliver(*run, effects, now);
        } else if (const auto* attach = std::get_if<core::Attach>(&effect)) {
            sessions_[attach->connection.number()] = attach->session;
            blocked_[attach->connection.number()] = false;
            holders_[attach->session].try_emplace("");
        } else if (const auto* gone = std::get_if<core::HangUp>(&effect)) {
            sessions_.erase(gone->connection.number());
            tell_(gone->connection, {Heard::Kind::gone, 0, {}, 0, 0});
        } else if (const auto* damage = std::get_if<core::ReportDamage>(&effect)) {
            require(flipped, "a message is called damaged that was not");
            const core::Queue* queue = core_->topology().queue(damage->queue);
            if (queue == nullptr) continue;
            if (Copy* copy = ledger_.find(queue->id.number(), damage->sequence)) copy->done = true;
        }
    }
    ledger_.made.clear();
    if (!flipped) ledger_.check_settled();
}

void Checker::hear(const core::PeerRequest* request, const core::Answer& answer, Now now) {
    const std::uint64_t id = answer.reply.id.value_or(0);
    trace_.add(answer.reply.answer.index());
    if (const auto* ok = std::get_if<wire::Ok>(&answer.reply.answer)) {
        hear_ok(request, answer, *ok, now);
    } else if (const auto* welcome = std::get_if<wire::Welcome>(&answer.reply.answer)) {
        tell_(answer.to, {Heard::Kind::welcome, id, welcome->token, 0, 0});
    } else if (const auto* refuse = std::get_if<wire::Refuse>(&answer.reply.answer)) {
        forget_publish(answer.to, id, refuse->count);
    } else if (std::holds_alternative<wire::Return>(answer.reply.answer)) {
        forget_publish(answer.to, id, 1);
    } else if (const auto* cancelled = std::get_if<wire::Cancelled>(&answer.reply.answer)) {
        const auto session = sessions_.find(answer.to.number());
        require(session != sessions_.end(), "a stranger is told of a consumer");
        holders_[session->second].erase(cancelled->consumer);
        tell_(answer.to, {Heard::Kind::cancelled, 0, cancelled->consumer, 0, 0});
    } else if (std::holds_alternative<wire::ErrorReply>(answer.reply.answer)) {
        tell_(answer.to, {Heard::Kind::error, id, {}, 0, 0});
    }
}

void Checker::hear_ok(const core::PeerRequest* request, const core::Answer& answer,
                      const wire::Ok& ok, Now now) {
    const Key key{answer.to.number(), answer.reply.id.value_or(0)};
    tell_(answer.to, {Heard::Kind::ok, key.second, ok.consumer.value_or(""), 0, 0});
    if (const auto settled = settling_.find(key); settled != settling_.end()) {
        for (const auto& [queue, sequence] : settled->second) {
            if (Copy* copy = ledger_.find(queue, sequence)) {
                copy->answered = true;
                copy->answered_at = now.steady;
            }
        }
        settling_.erase(settled);
    }
    if (const auto fact = topology_.find(key); fact != topology_.end()) {
        ledger_.topology.promised(fact->second);
        topology_.erase(fact);
    }
    if (request == nullptr || request->from != answer.to || request->request->id != answer.reply.id)
        return;
    const wire::Operation& operation = request->request->operation;
    if (const auto* consume = std::get_if<wire::Consume>(&operation)) {
        const core::Queue* queue = core_->topology().queue(consume->queue);
        Holder& made = holders_[sessions_[answer.to.number()]][*ok.consumer];
        if (made.credit > 0 && !made.cancelled) return;  // it was there, as it is asked for
        made.cancelled = false;                          // and still holds what it held
        made.credit = consume->credit.value_or(core_->limits().credit);
        made.credit_bytes = consume->credit_bytes.value_or(core_->limits().credit_bytes);
        made.no_ack = consume->no_ack;
        made.durable = queue != nullptr && queue->options.durable;
        made.queue = made.durable ? queue->id.number() : 0;
    } else if (const auto* credit = std::get_if<wire::Credit>(&operation)) {
        Holder* changed = holder(answer.to, credit->consumer);
        require(changed != nullptr, "credit of a consumer that is not there");
        changed->credit = credit->credit.value_or(changed->credit);
        changed->credit_bytes = credit->credit_bytes.value_or(changed->credit_bytes);
    }
}

void Checker::hear_confirm(const core::Confirm& confirm, Now now) {
    trace_.note("confirm", confirm.to.number(), confirm.first_id, confirm.count);
    for (std::uint64_t i = 0; i < confirm.count; ++i) {
        const auto found = published_.find({confirm.to.number(), confirm.first_id + i});
        require(found != published_.end(), "a confirm of what was not published, or once more");
        if (found->second.copies.size() != found->second.expected) {
            fail("confirmed, but not stored for each queue: copies, queues",
                 found->second.copies.size(), found->second.expected);
        }
        for (const Ledger::Made& made : found->second.copies) {
            Copy* copy = ledger_.find(made.queue, made.sequence);
            if (copy == nullptr || copy->promised) continue;
            copy->promised = true;
            copy->promised_at = now.steady;
        }
    }
    forget_publish(confirm.to, confirm.first_id, confirm.count);
}

void Checker::forget_publish(ConnectionId to, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) published_.erase({to.number(), first + i});
}

void Checker::hear_deliver(const core::Deliver& run, const core::Effects& effects, Now now) {
    Holder* to = holder(run.to, run.name);
    require(to != nullptr, "a delivery to nobody");
    std::uint64_t queue = to->queue;
    bool no_ack = to->no_ack;
    const bool is_get = run.name.empty();
    if (is_get) {
        const auto get = gets_.find({run.to.number(), run.id.value_or(0)});
        require(get != gets_.end(), "an answer to a get that was not asked");
        queue = get->second;
        gets_.erase(get);
        no_ack = run.first_tag == 0;
    } else {
        require(!blocked_[run.to.number()], "a delivery into a pipe that is full");
    }
    trace_.note("deliver", run.to.number(), queue, run.first_tag, run.end - run.begin);
    std::uint64_t tag = run.first_tag;
    for (std::size_t i = run.begin; i < run.end; ++i, ++tag) {
        const core::Message& message = effects.messages[i];
        read_payload(message.payload());
        if (queue != 0) deliver_copy(queue, message, now);
        Copy* copy = ledger_.find(queue, message.sequence);
        if (!is_get || !no_ack) {  // tags count per session
            std::uint64_t& last = last_tags_[sessions_.at(run.to.number())];
            require(tag == ++last, "a tag is not the next one");
        }
        if (no_ack) {
            if (copy != nullptr) copy->done = true;
            continue;
        }
        if (!is_get) {
            require(to->held.size() < to->credit, "more deliveries than credit");
            require(to->bytes < to->credit_bytes, "more bytes than credit");
        }
        if (copy != nullptr) copy->held = true;
        to->held[tag] = {queue, message.sequence, message.bytes()};
        to->bytes += message.bytes();
    }
    if (!no_ack) {
        tell_(run.to, {Heard::Kind::delivery, 0, std::string(run.name), run.first_tag,
                       run.end - run.begin});
    }
}

void Checker::deliver_copy(std::uint64_t id, const core::Message& message, Now now) {
    const std::uint64_t sequence = message.sequence;
    trace_.add(sequence);
    LedgerQueue& queue = ledger_.queues[id];
    Copy* copy = ledger_.find(id, sequence);
    if (copy == nullptr) fail("a delivery of what is not there: queue, sequence", id, sequence);
    const std::uint64_t number = read_payload(message.payload());
    if (copy->message == 0) copy->message = number;  // came back by damage
    require(copy->message == number, "a delivery of another message's bytes");
    if (copy->held || copy->done) fail("delivered while held or settled", id, sequence);
    const bool flagged = message.deliveries > 1;
    if (copy->seen && !flagged) fail("a second delivery without a flag", id, sequence);
    if (!copy->seen) {
        if (flagged && sequence >= queue.offered && !copy->offered) {
            fail("a first delivery with a flag", id, sequence);
        }
        if (sequence < queue.next_first) fail("a first delivery out of order", id, sequence);
        queue.next_first = sequence + 1;
    }
    for (const auto& [before, other] : queue.copies) {
        if (before >= sequence) break;
        if (!other.held && !other.done) fail("not the head was delivered", id, sequence, before);
    }
    if (!wall_clock_steps && copy->enqueued_wall_ms != 0) {
        const auto age = now.steady - copy->enqueued;
        const auto told = now.steady - message.enqueued;
        if (std::chrono::abs(age - told) > std::chrono::milliseconds(3)) {
            fail("the age of a message is wrong: ms, told", age.count() / 1'000'000,
                 told.count() / 1'000'000);
        }
    }
    copy->seen = true;
    if (!copy->promised) {
        copy->promised = true;
        copy->promised_at = now.steady;
    }
}

void Checker::check_books(std::uint64_t restored) {
    const core::Counters& c = core_->counters();
    std::uint64_t pending = 0;
    for (const core::Awaiting& awaiting : core_->storage().awaiting) {
        if (const auto* confirm = std::get_if<core::Confirm>(&awaiting.what)) {
            pending += confirm->count;
        }
    }
    if (c.published != c.confirmed + c.refused + c.returned + pending) {
        fail("published is not confirmed + refused + returned + pending", c.published, c.confirmed,
             c.refused, c.returned, pending);
    }
    std::uint64_t messages = 0;
    std::uint64_t held = 0;
    for (const core::Session* session : core_->sessions().all()) held += session->unacked();
    core_->topology().each_queue([&](const core::Queue& queue) {
        messages += queue.messages();
        require(queue.messages() > 0 || queue.bytes() == 0, "an empty queue counts bytes");
    });
    const std::uint64_t left = c.acked + c.auto_acked + c.dropped_rejected + c.dropped_damaged +
                               c.dropped_purged + c.dropped_queue_deleted +
                               c.dropped_session_ended + c.dropped_auto_deleted;
    if (c.enqueued + restored != left + messages) {
        fail("the messages do not add up: in, out, there", c.enqueued + restored, left, messages);
    }
    require(messages > 0 || held > 0 || core_->topology().memory_bytes() == 0,
            "nothing is there and memory is counted");
}

}  // namespace zex::sim
