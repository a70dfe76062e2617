#include "tests/torture/client.h"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace zex::test {

using nlohmann::json;

Client::Client(const std::string& endpoint, std::chrono::milliseconds longest)
    : dealer_(endpoint, longest) {
    dealer_.hello();
    ask({{"op", "declare_queue"}, {"queue", "any"}, {"passive", true}});
}

Heard Client::ask(json envelope) {
    const std::uint64_t id = next_id_++;
    envelope["id"] = id;
    dealer_.send_json(envelope);
    while (auto heard = dealer_.hear()) {
        if (heard->envelope.value("id", std::uint64_t{0}) == id) return std::move(*heard);
    }
    throw std::runtime_error("no answer to " + envelope.dump().substr(0, 200));
}

json Client::must(json envelope) {
    const Heard heard = ask(std::move(envelope));
    if (heard.op() != "ok") throw std::runtime_error("not ok: " + heard.envelope.dump());
    return heard.envelope;
}

void Client::declare_queue(const std::string& queue, std::string_view durability) {
    must(
        {{"op", "declare_queue"}, {"queue", queue}, {"durable", true}, {"durability", durability}});
}

std::uint64_t Client::publish(const std::string& queue, const std::vector<std::string>& payloads) {
    json sizes = json::array();
    std::string body;
    for (const std::string& payload : payloads) {
        sizes.push_back(payload.size());
        body += payload;
    }
    dealer_.send_json({{"op", "publish"},
                       {"id", next_id_},
                       {"exchange", ""},
                       {"key", queue},
                       {"messages", std::move(sizes)}},
                      std::move(body));
    next_id_ += payloads.size();
    std::uint64_t confirmed = 0;
    for (std::uint64_t answered = 0; answered < payloads.size();) {
        const auto heard = dealer_.hear();
        if (!heard) throw std::runtime_error("a publish has no answer");
        if (heard->op() != "confirm" && heard->op() != "refuse") continue;
        const std::uint64_t count = heard->envelope.value("count", std::uint64_t{1});
        answered += count;
        if (heard->op() == "confirm") confirmed += count;
        if (heard->op() == "refuse") last_refusal_ = heard->error();
    }
    return confirmed;
}

bool Client::can_publish(const std::string& queue) {
    return within_patience([&] { return publish(queue, {"x"}) == 1; });
}

std::vector<FoundMessage> Client::take(const std::string& queue, std::uint64_t count, bool ack) {
    const std::string consumer = "c" + std::to_string(++consumers_);
    must({{"op", "consume"},
          {"queue", queue},
          {"consumer", consumer},
          {"credit", ack ? 64 : count}});
    std::vector<FoundMessage> taken;
    while (taken.size() < count) {
        const auto heard = dealer_.hear();
        if (!heard || heard->op() == "goodbye") break;
        if (heard->op() != "deliver") continue;
        taken.push_back({heard->body.value_or(""), heard->envelope.value("redelivered", false)});
        if (ack) {
            dealer_.send_json(
                {{"op", "settle"}, {"consumer", consumer}, {"tag", heard->envelope.at("tag")}});
        }
    }
    if (ack) ask({{"op", "cancel"}, {"consumer", consumer}});
    return taken;
}

void Client::leave() {
    ask({{"op", "close"}});
}

json Client::rows(const std::string& what) {
    return must({{"op", "list"}, {"what", what}}).at("rows");
}

json Client::status() {
    return must({{"op", "status"}}).at("rows");
}

std::uint64_t Client::ready(const std::string& queue) {
    for (const json& row : rows("queues")) {
        if (row.at("name") == queue) return row.at("ready");
    }
    return 0;
}

std::vector<std::string> numbered(std::uint64_t first, std::uint64_t count, std::size_t bytes) {
    std::vector<std::string> payloads;
    payloads.reserve(count);
    for (std::uint64_t number = first; number < first + count; ++number) {
        std::string text = std::to_string(number);
        if (text.size() < bytes) text.append(bytes - text.size(), 'z');
        payloads.push_back(std::move(text));
    }
    return payloads;
}

std::string not_all_in_order(const std::vector<FoundMessage>& messages, std::uint64_t count) {
    std::uint64_t next = 0;
    for (const FoundMessage& message : messages) {
        std::uint64_t number = 0;
        const std::string& text = message.payload;
        std::from_chars(text.data(), text.data() + text.size(), number);
        if (number != next) {
            return std::to_string(number) + " came and not " + std::to_string(next) + "; of " +
                   std::to_string(count) + " came " + std::to_string(messages.size());
        }
        ++next;
    }
    return next == count ? "" : "only " + std::to_string(next) + " came";
}

}  // namespace zex::test
