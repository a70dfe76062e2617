#include "tests/core/story.h"

#include <algorithm>
#include <utility>

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string range(std::optional<std::uint64_t> first, std::uint64_t count) {
    if (!first) return "?";
    return count == 1 ? number(*first) : number(*first) + "-" + number(*first + count - 1);
}

/// Answers in words.
struct Words {
    const std::optional<std::uint64_t>& id;

    std::string operator()(const wire::Welcome& welcome) const {
        return "welcome " + welcome.session + " epoch=" + number(welcome.epoch) +
               (welcome.resumed ? " resumed" : "");
    }
    std::string operator()(const wire::Ok& ok) const {
        std::string line = "ok";
        if (ok.exchange) line += " exchange=" + *ok.exchange;
        if (ok.queue) line += " queue=" + *ok.queue;
        if (ok.consumer) line += " consumer=" + *ok.consumer;
        if (ok.messages) line += " messages=" + number(*ok.messages);
        if (ok.consumers) line += " consumers=" + number(*ok.consumers);
        if (ok.changed) line += " changed=" + number(*ok.changed);
        return line;
    }
    std::string operator()(const wire::ErrorReply& reply) const {
        std::string line = "error " + std::string(reply.error.name());
        if (!reply.error.field.empty()) line += " [" + reply.error.field + "]";
        for (const std::string& field : reply.differs) line += " " + field;
        return line;
    }
    std::string operator()(const wire::Refuse& refuse) const {
        return "refuse " + range(id, refuse.count) + " " + std::string(refuse.error.name());
    }
    std::string operator()(const wire::Return& reply) const {
        return "return " + range(id, 1) + " " + std::string(reply.error.name()) +
               " key=" + std::string(reply.message.key) + " " + std::string(reply.message.payload);
    }
    std::string operator()(const wire::Empty&) const { return "empty"; }
    std::string operator()(const wire::Cancelled& cancelled) const {
        return "cancelled " + cancelled.consumer + " " + std::string(cancelled.error.name());
    }
    std::string operator()(const wire::Goodbye& goodbye) const {
        return "goodbye " + std::string(goodbye.error.name());
    }
    std::string operator()(const wire::Pong&) const { return "pong"; }
    template <class Other>
    std::string operator()(const Other&) const {
        return "an answer that the core does not give";
    }
};

Lines deliveries(const Deliver& deliver, const Effects& all) {
    Lines lines;
    for (std::size_t i = deliver.begin; i < deliver.end; ++i) {
        const Message& message = all.messages[i];
        const std::uint64_t tag =
            deliver.first_tag == 0 ? 0 : deliver.first_tag + i - deliver.begin;
        std::string line = deliver.consumer ? std::string(deliver.name) : "got";
        line += " #" + number(tag) + " " + std::string(message.payload());
        if (message.deliveries > 1) line += " (" + number(message.deliveries) + ")";
        if (deliver.remaining) line += " left=" + number(*deliver.remaining);
        lines.push_back(line);
    }
    return lines;
}

ConnectionId connection_of(const Effect& effect) {
    if (const auto* answer = std::get_if<Answer>(&effect)) return answer->to;
    if (const auto* confirm = std::get_if<Confirm>(&effect)) return confirm->to;
    if (const auto* deliver = std::get_if<Deliver>(&effect)) return deliver->to;
    if (const auto* attach = std::get_if<Attach>(&effect)) return attach->connection;
    if (const auto* hang_up = std::get_if<HangUp>(&effect)) return hang_up->connection;
    return {};  // for the store
}

Entropy counting() {
    return [next = std::uint64_t{0}]() mutable { return ++next; };
}

}  // namespace

Lines in_words(const Effect& effect, const Effects& all) {
    if (const auto* answer = std::get_if<Answer>(&effect)) {
        return {std::visit(Words{answer->reply.id}, answer->reply.answer)};
    }
    if (const auto* confirm = std::get_if<Confirm>(&effect)) {
        return {"confirm " + range(confirm->first_id, confirm->count) +
                " queues=" + number(confirm->queues)};
    }
    if (const auto* deliver = std::get_if<Deliver>(&effect)) return deliveries(*deliver, all);
    if (std::holds_alternative<HangUp>(effect)) return {"hung up"};
    return {};
}

Story::Story(const Limits& limits, Disk disk) : core(limits, counting()) {
    if (disk == Disk::there) apply(StorageState{});
}

void Story::starts_from(const Restored& found, const Story& before) {
    log_ = before.log_;
    messages_ = before.messages_;
    for (const RestoredQueue& queue : found.queues) {
        for (const facts::SequenceRange& range : queue.messages) {
            restored += range.last - range.first + 1;
        }
    }
    apply(Restore{&found});
}

void Story::stores() {
    if (unstored_.empty()) return;
    facts::each_record(unstored_.bytes(), [this](std::string_view record) {
        const facts::Header header = facts::unchecked_header(record);
        const bool message =
            header.kind == facts::Kind::enqueued || header.kind == facts::Kind::relocated;
        if (message) messages_[{header.queue, header.sequence}] = log_.size();
        log_.emplace_back(record);
    });
    facts_ += unstored_.count();
    fact_bytes_ += unstored_.bytes().size();
    unstored_.clear();
    apply(Committed{facts_, fact_bytes_});
}

void Story::reads(std::size_t most) {
    for (const Load& load : std::exchange(loads_, {})) {
        Loaded loaded{load.queue, {}};
        for (const std::uint64_t sequence : load.sequences) {
            if (loaded.messages.size() == most) break;
            LoadedMessage& message = loaded.messages.emplace_back();
            message.sequence = sequence;
            const MessageId id{load.queue.number(), sequence};
            if (damaged_.contains(id)) continue;
            const std::string_view record = log_.at(messages_.at(id));
            message.message = facts::read_message(facts::unchecked_header(record).flags,
                                                  record.substr(facts::header_size));
        }
        apply(loaded);
    }
}

void Story::settles_down() {
    do {
        stores();
        reads();
        tick_while_due();
    } while (!unstored_.empty() || !loads_.empty());
}

void Story::damages(const std::string& queue_name, std::uint64_t sequence) {
    damaged_.insert({queue(queue_name).id.number(), sequence});
}

Client& Story::operator[](const std::string& name) {
    const bool is_new = !clients_.contains(name);
    Client& client = stranger(name);
    if (is_new) REQUIRE(client.opens().size() == 1);
    return client;
}

Client& Story::stranger(const std::string& name) {
    auto& client = clients_[name];
    if (!client) {
        client = std::make_unique<Client>(*this, name);
        client->connection = new_connection();
    }
    return *client;
}

Client* Story::on(ConnectionId connection) {
    for (auto& [name, client] : clients_) {
        if (client->connection == connection) return client.get();
    }
    return nullptr;
}

void Story::apply(const Command& command) {
    effects_.clear();
    core.apply(command, {now, wall_ms()}, effects_);
    unstored_.append(effects_.records);
    hear(effects_);
    check_books();
}

void Story::hear(const Effects& effects) {
    for (const Effect& effect : effects.list) {
        if (hear_for_store(effect)) continue;
        Client* client = on(connection_of(effect));
        REQUIRE(client != nullptr);
        const Lines lines = in_words(effect, effects);
        client->heard.insert(client->heard.end(), lines.begin(), lines.end());
        heard_by_all_.insert(heard_by_all_.end(), lines.begin(), lines.end());
        const auto* answer = std::get_if<Answer>(&effect);
        if (answer == nullptr) continue;
        if (const auto* welcome = std::get_if<wire::Welcome>(&answer->reply.answer)) {
            client->token_ = welcome->token;
        }
    }
}

bool Story::hear_for_store(const Effect& effect) {
    if (const auto* load = std::get_if<Load>(&effect)) {
        loads_.push_back(*load);
    } else if (const auto* damage = std::get_if<ReportDamage>(&effect)) {
        damage_reported.push_back(std::string(damage->queue) + " " +
                                  std::to_string(damage->sequence));
    } else {
        return false;
    }
    return true;
}

void Story::check_books() const {
    std::uint64_t held = 0;
    std::uint64_t on_disk_only = 0;
    for (const Queue* queue : core.topology().all_queues()) {
        held += queue->messages();
        if (queue->durable() != nullptr) on_disk_only += queue->durable()->backlog.size();
    }
    const Counters& c = counters();
    const std::uint64_t left = c.acked + c.auto_acked + c.dropped_rejected + c.dropped_purged +
                               c.dropped_overflow + c.dropped_queue_deleted +
                               c.dropped_session_ended + c.dropped_auto_deleted + c.dropped_damaged;
    if (c.enqueued + restored != left + held) FAIL("the counters do not balance");
    std::uint64_t unsettled = 0;
    for (const Session* session : core.sessions().all()) unsettled += session->unacked();
    if ((held - on_disk_only + unsettled == 0) != (memory() == 0))
        FAIL("the memory gauge is wrong");
}

void Story::pass(std::chrono::milliseconds time) {
    now = now + time;
    tick_while_due();
}

void Story::tick_while_due() {
    for (int ticks = 0; core.next_deadline() && *core.next_deadline() <= now; ++ticks) {
        REQUIRE(ticks < 1000);
        apply(Tick{});
    }
}

Lines Story::ready(std::string_view name) const {
    Lines payloads;
    for (const Message* message : queue(name).first_ready(1'000'000)) {
        payloads.emplace_back(message->payload());
    }
    return payloads;
}

Lines Client::does(wire::Operation operation, std::optional<std::uint64_t> id) {
    const wire::Request request{id, std::move(operation)};
    heard.clear();
    story_.apply(PeerRequest{connection, wire::Form::json, "tcp://" + name_, &request});
    return hears();
}

Lines Client::opens(wire::Hello hello) {
    connection = story_.new_connection();
    if (hello.versions.empty()) hello.versions = {wire::protocol_version};
    hello.client = name_;
    return does(std::move(hello));
}

Lines Client::resumes(wire::Hello hello) {
    hello.token = token_;
    return opens(std::move(hello));
}

void Client::is_lost() {
    story_.apply(PeerLost{connection});
}

void Client::is_blocked() {
    story_.apply(PeerBlocked{connection});
}

Lines Client::is_ready() {
    heard.clear();
    story_.apply(PeerReady{connection});
    return hears();
}

Lines Client::declares(std::string queue) {
    wire::DeclareQueue verb;
    verb.queue = std::move(queue);
    return does(std::move(verb));
}

std::string Client::declares_temporary() {
    const Lines lines = declares("");
    const std::string& line = lines.at(0);
    const std::size_t begin = line.find("queue=") + 6;
    return line.substr(begin, line.find(' ', begin) - begin);
}

Lines Client::declares_exchange(std::string exchange, bool auto_delete) {
    wire::DeclareExchange verb;
    verb.exchange = std::move(exchange);
    verb.auto_delete = auto_delete;
    return does(std::move(verb));
}

Lines Client::binds(std::string queue, std::string exchange, std::vector<std::string> keys) {
    return does(wire::Bind{std::move(queue), std::move(exchange), std::move(keys)});
}

Lines Client::deletes(std::string queue) {
    wire::DeleteQueue verb;
    verb.queue = std::move(queue);
    return does(std::move(verb));
}

Lines Client::publishes(std::string exchange, std::string key, const Lines& payloads,
                        std::uint64_t first_id, bool mandatory) {
    std::string body;
    wire::Publish verb;
    verb.exchange = exchange;
    verb.mandatory = mandatory;
    verb.batch = payloads.size() > 1;
    for (const std::string& payload : payloads) {
        body += payload;
        verb.messages.push_back({key, static_cast<std::uint32_t>(payload.size()), {}});
    }
    verb.body = body;
    return does(std::move(verb), first_id);
}

Lines Client::consumes(std::string queue, std::string consumer, std::uint64_t credit, bool no_ack) {
    wire::Consume verb;
    verb.queue = std::move(queue);
    verb.consumer = std::move(consumer);
    verb.credit = credit;
    verb.no_ack = no_ack;
    return does(std::move(verb));
}

Lines Client::gets(std::string queue, bool no_ack) {
    wire::Get verb;
    verb.queue = std::move(queue);
    verb.no_ack = no_ack;
    return does(std::move(verb));
}

Lines Client::settles(std::string consumer, std::uint64_t first, std::uint64_t last,
                      wire::Settlement action) {
    wire::Settle verb;
    verb.consumer = consumer;
    verb.tags = {{first, std::max(first, last)}};
    verb.action = action;
    return does(std::move(verb));
}

Lines Client::acks(std::string consumer, std::uint64_t first, std::uint64_t last) {
    return settles(std::move(consumer), first, last, wire::Settlement::ack);
}

Lines Client::requeues(std::string consumer, std::uint64_t first, std::uint64_t last) {
    return settles(std::move(consumer), first, last, wire::Settlement::requeue);
}

Lines Client::rejects(std::string consumer, std::uint64_t first, std::uint64_t last) {
    return settles(std::move(consumer), first, last, wire::Settlement::reject);
}

const Session& Client::session() const {
    return *story_.core.sessions().on(connection);
}

}  // namespace zex::core
