#include "tests/torture/cut_client.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace zex::test {
namespace {

using nlohmann::json;

constexpr std::uint64_t unanswered_max = 40;  // requests; a batch is one
constexpr int few = 4;                        // names of each kind that come and go
constexpr char durable_exchange[] = "x";

std::string binding(const std::string& exchange, const std::string& key, const std::string& queue) {
    return "binding " + exchange + " " + key + " " + queue;
}

}  // namespace

CutClient::CutClient(const std::string& endpoint, History& history, std::mt19937_64& random)
    : endpoint_(endpoint),
      dealer_(endpoint),
      history_(history),
      random_(random),
      favourite_(random()) {
    dealer_.hello();
}

json CutClient::rows_of(const std::string& what) {
    return dealer_.ask({{"op", "list"}, {"id", next_id_++}, {"what", what}}).envelope.at("rows");
}

std::set<std::string> CutClient::wait_until_served() {
    // Lists are answered while the log is still being read; this waits for it.
    dealer_.ask({{"op", "declare_queue"}, {"id", next_id_++}, {"queue", "any"}, {"passive", true}});
    std::set<std::string> names;
    for (const json& row : rows_of("queues")) {
        if (row.at("type") == "durable") names.insert("queue " + row.at("name").get<std::string>());
    }
    for (const json& row : rows_of("exchanges")) {
        if (row.at("durable") == true) {
            names.insert("exchange " + row.at("name").get<std::string>());
        }
    }
    for (const json& row : rows_of("bindings")) {
        names.insert(binding(row.at("exchange"), row.at("key"), row.at("queue")));
    }
    return names;
}

std::map<std::string, std::uint64_t> CutClient::held() {
    std::map<std::string, std::uint64_t> messages;
    for (const json& row : rows_of("queues")) {
        messages[row.at("name")] =
            row.at("ready").get<std::uint64_t>() + row.at("unacked").get<std::uint64_t>();
    }
    return messages;
}

std::uint64_t CutClient::damage() {
    const json rows = dealer_.ask({{"op", "status"}, {"id", next_id_++}}).envelope.at("rows");
    return rows.at("records_damaged").get<std::uint64_t>() +
           rows.at("messages_lost").get<std::uint64_t>() +
           rows.at("dropped_damaged").get<std::uint64_t>();
}

void CutClient::begin() {
    const std::map<std::string, std::string> durability = {
        {"sync", "sync"}, {"interval", "interval 30"}, {"none", "none"}};
    for (const std::string& queue : history_.queues()) {
        ask({{"op", "declare_queue"},
             {"queue", queue},
             {"durable", true},
             {"durability", durability.at(queue)}},
            Asked{.kind = Asked::Kind::name, .name = "queue " + queue, .is_there = true});
    }
    ask({{"op", "declare_exchange"}, {"exchange", durable_exchange}, {"durable", true}},
        Asked{.kind = Asked::Kind::name,
              .name = std::string("exchange ") + durable_exchange,
              .is_there = true});
    for (const std::string& queue : history_.queues()) {
        ask({{"op", "consume"}, {"queue", queue}, {"consumer", queue}, {"credit", 50}}, Asked{});
    }
}

void CutClient::ask(json envelope, Asked asked, std::optional<std::string> body) {
    const std::uint64_t id = next_id_;
    next_id_ += std::max<std::uint64_t>(asked.count, 1);
    envelope["id"] = id;
    if (!asked.name.empty()) history_.asked(asked.name);
    asked_[id] = std::move(asked);
    dealer_.send_json(envelope, std::move(body));
}

std::string CutClient::any_queue() {
    const std::vector<std::string> queues = history_.queues();
    return queues[random_() % 10 != 0 ? favourite_ % queues.size() : random_() % queues.size()];
}

void CutClient::act() {
    while (asked_.size() > unanswered_max) {
        if (!hear()) throw std::runtime_error("the broker answers nothing");
    }
    const std::uint64_t choice = random_() % 100;
    if (choice < 40) return publish();
    if (choice < 55) return change_topology();
    if (choice < 58) return purge();
    for (std::uint64_t n = 1 + random_() % 20; n > 0 && !asked_.empty(); --n) {
        if (!hear()) throw std::runtime_error("the broker answers nothing");
    }
}

void CutClient::publish() {
    const std::string queue = any_queue();
    const std::uint64_t count = 1 + random_() % 30;
    std::uint64_t first = 0;
    json messages = json::array();
    std::string body;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t number = history_.publish(queue, random_);
        if (i == 0) first = number;
        const std::string payload = history_.payload(queue, number);
        messages.push_back({{"size", payload.size()}});
        body += payload;
    }
    ask({{"op", "publish"}, {"exchange", ""}, {"key", queue}, {"messages", std::move(messages)}},
        Asked{.kind = Asked::Kind::publish, .queue = queue, .number = first, .count = count},
        std::move(body));
}

/// One request at a time for a name.
void CutClient::change_topology() {
    const std::string number = std::to_string(random_() % few);
    const bool add = random_() % 2 == 0;
    json envelope;
    std::string name;
    switch (random_() % 3) {
        case 0:
            name = "queue t" + number;
            envelope = {{"op", add ? "declare_queue" : "delete_queue"}, {"queue", "t" + number}};
            if (add) envelope["durable"] = true;
            break;
        case 1:
            name = "exchange e" + number;
            envelope = {{"op", add ? "declare_exchange" : "delete_exchange"},
                        {"exchange", "e" + number}};
            if (add) envelope["durable"] = true;
            break;
        default:
            name = binding(durable_exchange, "k" + number, "sync");
            envelope = {{"op", add ? "bind" : "unbind"},
                        {"queue", "sync"},
                        {"exchange", durable_exchange},
                        {"key", "k" + number}};
    }
    for (const auto& [id, asked] : asked_) {
        if (asked.name == name) return;
    }
    ask(std::move(envelope), Asked{.kind = Asked::Kind::name, .name = name, .is_there = add});
}

void CutClient::purge() {
    const std::string queue = any_queue();
    const std::vector<std::uint64_t> numbers = history_.purge(queue);
    ask({{"op", "purge"}, {"queue", queue}},
        Asked{.kind = Asked::Kind::purge, .queue = queue, .purged = numbers});
}

bool CutClient::hear() {
    const auto heard = dealer_.hear();
    if (!heard) return false;
    const std::string op = heard->op();
    if (op == "deliver") {
        hear_deliver(*heard);
        return true;
    }
    if (op == "confirm" || op == "refuse") {
        hear_publish(*heard);
        return true;
    }
    const auto found = asked_.find(heard->envelope.value("id", std::uint64_t{0}));
    // To delete what is not there is an error and as good as an ok.
    const bool is_missing =
        heard->error() == "no_such_queue" || heard->error() == "no_such_exchange";
    if (found == asked_.end() || (op != "ok" && !is_missing)) {
        throw std::runtime_error("unexpected: " + heard->envelope.dump());
    }
    const Asked asked = found->second;
    asked_.erase(found);
    if (asked.kind == Asked::Kind::name) history_.answered(asked.name, asked.is_there);
    if (asked.kind == Asked::Kind::purge) history_.purged(asked.queue, asked.purged);
    return true;
}

/// One confirm may cover several publishes.
void CutClient::hear_publish(const Heard& heard) {
    auto id = heard.envelope.at("id").get<std::uint64_t>();
    if (heard.op() == "refuse") throw std::runtime_error("refused: " + heard.envelope.dump());
    for (std::uint64_t n = heard.envelope.value("count", std::uint64_t{1}); n > 0; --n, ++id) {
        const auto found = std::prev(asked_.upper_bound(id));
        Asked& asked = found->second;
        history_.confirmed(asked.queue, asked.number + (id - found->first));
        if (++asked.confirmed == asked.count) asked_.erase(found);
    }
}

void CutClient::hear_deliver(const Heard& heard) {
    const auto queue = heard.envelope.at("consumer").get<std::string>();
    const FoundMessage message{heard.body.value_or(""), heard.envelope.value("redelivered", false)};
    history_.delivered(queue, message);
    const std::uint64_t choice = ack_all_ ? 0 : random_() % 20;
    if (choice > 16) return;  // it is held for ever
    const char* action = choice < 14 ? "ack" : choice < 16 ? "requeue" : "reject";
    if (choice < 14 || choice == 16) history_.settled(queue, message.payload);
    json settle = {{"op", "settle"},
                   {"consumer", queue},
                   {"tag", heard.envelope.at("tag")},
                   {"action", action}};
    // While it drains it wants to hear of each, so that there is something to hear to the end.
    if (ack_all_) return ask(std::move(settle), Asked{});
    dealer_.send_json(settle);
}

bool CutClient::hear_all_answers() {
    while (!asked_.empty()) {
        if (!hear()) return false;
    }
    return true;
}

bool CutClient::drain() {
    ack_all_ = true;
    Dealer looker(endpoint_);
    looker.hello();
    const auto is_empty = [&] {
        const json rows =
            looker.ask({{"op", "list"}, {"id", 1}, {"what", "queues"}}).envelope.at("rows");
        for (const json& row : rows) {
            if (row.at("ready") != 0 || row.at("unacked") != 0) return false;
        }
        return true;
    };
    while (!is_empty()) {
        if (!hear()) return false;
    }
    return true;
}

}  // namespace zex::test
