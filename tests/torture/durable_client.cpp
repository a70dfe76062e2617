#include "tests/torture/durable_client.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace zex::test {

using nlohmann::json;

DurableClient::DurableClient(const std::string& endpoint, std::map<std::string, Ledger>& ledgers,
                             std::uint64_t credit, std::chrono::milliseconds longest)
    : dealer_(endpoint, longest), ledgers_(ledgers) {
    dealer_.hello();
    for (auto& [queue, ledger] : ledgers_) {
        const Heard ok =
            dealer_.ask({{"op", "declare_queue"}, {"id", 1}, {"queue", queue}, {"durable", true}});
        if (ok.op() != "ok") throw std::runtime_error("declare: " + ok.envelope.dump());
    }
    for (auto& [queue, ledger] : ledgers_) {
        dealer_.send_json({{"op", "consume"},
                           {"id", 2},
                           {"queue", queue},
                           {"consumer", queue},
                           {"credit", credit}});
    }
}

void DurableClient::publish(const std::string& queue, std::uint64_t count,
                            std::mt19937_64& random) {
    Ledger& ledger = ledgers_.at(queue);
    publishes_[next_id_] = {queue, ledger.published(), count};
    json messages = json::array();
    std::string body;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string payload = ledger.publish(random);
        messages.push_back({{"size", payload.size()}});
        body += payload;
    }
    dealer_.send_json({{"op", "publish"},
                       {"id", next_id_},
                       {"exchange", ""},
                       {"key", queue},
                       {"messages", std::move(messages)}},
                      std::move(body));
    next_id_ += count;
    unanswered_ += count;
}

bool DurableClient::hear(std::mt19937_64& random, bool ack_all) {
    const auto heard = dealer_.hear();
    if (!heard) return false;
    const std::string op = heard->op();
    if (op == "deliver") {
        deliver(*heard, random, ack_all);
    } else if (op == "confirm" || op == "refuse") {
        const auto id = heard->envelope.at("id").get<std::uint64_t>();
        const std::uint64_t count = heard->envelope.value("count", std::uint64_t{1});
        unanswered_ -= count;
        if (op == "confirm") {
            confirm(id, count);
        } else {
            refused_ += count;
            last_refusal_ = heard->error();
        }
    } else if (op == "goodbye") {
        return false;
    } else if (op != "ok") {
        throw std::runtime_error("unexpected: " + heard->envelope.dump());
    }
    return true;
}

void DurableClient::hear_all_answers(std::mt19937_64& random) {
    while (unanswered_ > 0) {
        if (!hear(random, true)) throw std::runtime_error("a publish has no answer");
    }
}

void DurableClient::empty_queues(const std::string& endpoint, std::mt19937_64& random) {
    Dealer looker(endpoint);
    looker.hello();
    const auto held = [&looker] {
        std::uint64_t messages = 0;
        const Heard rows = looker.ask({{"op", "list"}, {"id", 1}, {"what", "queues"}});
        for (const json& row : rows.envelope.at("rows")) {
            messages += row.at("ready").get<std::uint64_t>();
            messages += row.at("unacked").get<std::uint64_t>();
        }
        return messages;
    };
    // Each settle is answered, so that there is something to hear for as long as anything is held.
    while (held() > 0) {
        if (!hear(random, true)) throw std::runtime_error("messages are held and none comes");
    }
}

/// One confirm may cover several publishes.
void DurableClient::confirm(std::uint64_t id, std::uint64_t count) {
    while (count > 0) {
        const auto& [first_id, publish] = *std::prev(publishes_.upper_bound(id));
        const std::uint64_t offset = id - first_id;
        const std::uint64_t here = std::min(count, publish.count - offset);
        ledgers_.at(publish.queue).confirmed(publish.first + offset, here);
        id += here;
        count -= here;
    }
}

void DurableClient::deliver(const Heard& heard, std::mt19937_64& random, bool ack_all) {
    const auto consumer = heard.envelope.at("consumer").get<std::string>();
    const auto tag = heard.envelope.at("tag").get<std::uint64_t>();
    const bool redelivered = heard.envelope.value("redelivered", false);
    ledgers_.at(consumer).delivered(heard.body.value_or(""), redelivered);
    const std::uint64_t choice = ack_all ? 0 : random() % 20;
    if (choice < 14) {
        settle(consumer, tag, "ack");
    } else if (choice == 14) {
        settle(consumer, tag, "requeue");
    }  // else it is held for ever
}

void DurableClient::settle(const std::string& consumer, std::uint64_t tag,
                           std::string_view action) {
    dealer_.send_json(
        {{"op", "settle"}, {"id", 3}, {"consumer", consumer}, {"tag", tag}, {"action", action}});
}

}  // namespace zex::test
