#include "tests/sim/client.h"

#include <algorithm>
#include <utility>

namespace zex::sim {

void Client::connect(ConnectionId connection) {
    disconnect();
    connection_ = connection;
    next_id_ = 1;
    hello();
}

void Client::disconnect() {
    connection_.reset();
    on_the_way.clear();
    inbox_.clear();
    consumers_.clear();
}

void Client::say(wire::Operation operation, bool with_id) {
    auto sent = std::make_unique<Sent>();
    sent->request.operation = std::move(operation);
    if (with_id) sent->request.id = next_id_++;
    on_the_way.push_back(std::move(sent));
}

void Client::hello() {
    wire::Hello hello;
    hello.versions = {wire::protocol_version};
    if (!dice_.one_in(5)) hello.token = token_;
    if (dice_.one_in(20)) hello.token = "lie";
    hello.batch = !dice_.one_in(3);
    hello.grace_ms = dice_.below(3) * 200;
    say(hello);
}

std::string Client::queue() {
    const std::uint64_t n = dice_.below(40);
    if (n < 14) return "d0";
    if (n < 22) return "d1";
    if (n < 28) return "d2";
    if (n < 32) return "d3";
    if (n < 35) return "d4";
    if (n < 39) return "t0";
    return "never";
}

std::string Client::exchange() {
    const char* names[] = {"x", "x", "x", "y", "z", "never"};
    return names[dice_.below(6)];
}

std::string Client::key() {
    return "k" + std::to_string(dice_.below(6));
}

wire::DeclareQueue Client::declaration(const std::string& name) {
    wire::DeclareQueue verb;
    verb.queue = name;
    verb.durable = name[0] == 'd';
    if (name == "d1") verb.durability = "sync";
    if (name == "d2") verb.durability = "interval 20";
    if (name == "d3") verb.durability = "none";
    if (name == "d4") verb.auto_delete = true;
    if (name == "t0") verb.max_messages = 40;
    return verb;
}

void Client::declare_all() {
    for (const char* name : {"d0", "d1", "d2", "d3", "d4", "t0"}) say(declaration(name));
    say(wire::DeclareExchange{"x", "direct", true, false, false});
    say(wire::DeclareExchange{"y", "direct", false, false, false});
    for (const char* name : {"d0", "d1", "d2", "d3", "t0"}) {
        say(wire::Bind{name, "x", {key(), key()}});
    }
}

void Client::act() {
    const std::uint64_t n = dice_.below(100);
    if (n < 42) return publish();
    if (n < 74) return settle();
    if (n < 84) {
        wire::Consume verb;
        verb.queue = queue();
        if (!dice_.one_in(4)) verb.consumer = "c" + std::to_string(dice_.below(3));
        if (!dice_.one_in(3)) verb.credit = 1 + dice_.below(12);
        if (dice_.one_in(3)) verb.credit_bytes = 1 + dice_.below(4000);
        verb.no_ack = dice_.one_in(12);
        return say(verb);
    }
    if (n < 89) return say(wire::Get{queue(), dice_.one_in(4), false});
    if (n < 96) return topology();
    rare();
}

void Client::publish() {
    auto sent = std::make_unique<Sent>();
    wire::Publish verb;
    const bool by_name = dice_.one_in(2);
    verb.exchange = by_name ? std::string_view() : sent->keep(exchange());
    verb.mandatory = dice_.one_in(8);
    const std::uint64_t count = dice_.one_in(3) ? 1 : 1 + dice_.below(5);
    verb.batch = count > 1;
    std::string body;
    const std::string_view key_of_all = sent->keep(by_name ? queue() : key());
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::size_t size = dice_.one_in(60) ? 4000 + dice_.below(3000) : dice_.below(200);
        const std::string payload = make_payload(++numbers_, size);
        const bool own_key = dice_.one_in(6);
        verb.messages.push_back({own_key ? sent->keep(by_name ? queue() : key()) : key_of_all,
                                 static_cast<std::uint32_t>(payload.size()),
                                 {}});
        body += payload;
    }
    verb.body = sent->keep(std::move(body));
    sent->request.operation = std::move(verb);
    sent->request.id = next_id_;
    next_id_ += count;
    on_the_way.push_back(std::move(sent));
}

void Client::settle() {
    if (consumers_.empty()) return publish();
    auto at = consumers_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(dice_.below(consumers_.size())));
    Consumer& consumer = at->second;
    auto sent = std::make_unique<Sent>();
    wire::Settle verb;
    verb.consumer = sent->keep(at->first);
    const std::uint64_t how = dice_.below(12);
    verb.action = how < 8    ? wire::Settlement::ack
                  : how < 11 ? wire::Settlement::requeue
                             : wire::Settlement::reject;
    if (consumer.tags.empty() || dice_.one_in(30)) {  // a lie, or late
        const std::uint64_t tag = dice_.below(consumer.last_tag + 5);
        verb.tags = {{tag, tag + dice_.below(3)}};
    } else if (dice_.one_in(4)) {
        const std::size_t i = dice_.below(consumer.tags.size());
        verb.up_to = true;
        verb.tags = {{consumer.tags[i], consumer.tags[i]}};
        const auto last = consumer.tags[i];
        std::erase_if(consumer.tags, [&](std::uint64_t tag) { return tag <= last; });
    } else {
        const std::uint64_t count = 1 + dice_.below(3);
        for (std::uint64_t i = 0; i < count && !consumer.tags.empty(); ++i) {
            const std::size_t which = dice_.below(std::min<std::size_t>(consumer.tags.size(), 3));
            const auto tag = consumer.tags.begin() + static_cast<std::ptrdiff_t>(which);
            verb.tags.push_back({*tag, *tag});
            consumer.tags.erase(tag);
        }
    }
    if (!dice_.one_in(3)) sent->request.id = next_id_++;
    sent->request.operation = std::move(verb);
    on_the_way.push_back(std::move(sent));
}

void Client::topology() {
    const std::string name = queue();
    switch (dice_.below(7)) {
        case 0:
        case 1:
            return say(declaration(name));
        case 2:
            return say(
                wire::DeclareExchange{dice_.one_in(2) ? "z" : "x", "direct", true, false, false});
        case 3:
        case 4:
            return say(wire::Bind{name, exchange(), {key(), key()}});
        case 5:
            return say(wire::Unbind{name, exchange(), {key()}});
        default: {
            wire::DeclareQueue verb;  // a temporary one
            return say(verb);
        }
    }
}

void Client::rare() {
    switch (dice_.below(12)) {
        case 0:
            return say(wire::DeleteQueue{queue(), dice_.one_in(2), dice_.one_in(2)});
        case 1:
            return say(wire::DeleteExchange{exchange(), dice_.one_in(2)});
        case 2:
        case 3:
            return say(wire::Purge{queue()});
        case 4:
            return dice_.one_in(3) ? say(wire::Close{}) : say(wire::Ping{});
        case 5:
        case 6:
            return say(wire::Cancel{"c" + std::to_string(dice_.below(3))});
        case 7:
            return say(wire::Credit{"c" + std::to_string(dice_.below(3)), 1 + dice_.below(20),
                                    1 + dice_.below(5000)});
        case 8:
            return say(wire::Bind{"", "\x01", {}});
        case 9:
            return hello();
        default:
            return say(declaration(queue()));
    }
}

void Client::listen(std::size_t most) {
    while (most-- > 0 && !inbox_.empty()) {
        const Heard heard = std::move(inbox_.front());
        inbox_.pop_front();
        switch (heard.kind) {
            case Heard::Kind::welcome:
                token_ = heard.name;
                break;
            case Heard::Kind::delivery: {
                Consumer& consumer = consumers_[heard.name];
                for (std::uint64_t i = 0; i < heard.count; ++i) {
                    consumer.tags.push_back(heard.first_tag + i);
                }
                consumer.last_tag = heard.first_tag + heard.count - 1;
                break;
            }
            case Heard::Kind::cancelled:
                consumers_.erase(heard.name);
                break;
            case Heard::Kind::gone:
                return disconnect();
            case Heard::Kind::ok:
                if (!heard.name.empty()) consumers_.try_emplace(heard.name);
                break;
            case Heard::Kind::error:
                break;
        }
    }
}

}  // namespace zex::sim
