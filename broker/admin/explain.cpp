#include "broker/admin/explain.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/wire/rows.h"
#include "common/wire/views.h"

namespace zex::admin {
namespace {

/// Most queues that are listed as not taking the message.
constexpr std::size_t others_most = 100;
/// Most keys named for one of them.
constexpr std::size_t keys_most = 5;

std::string quoted(std::string_view text) {
    return "'" + escaped(text) + "'";
}

/// Why the broker would take no message for these queues now, whatever room they have.
std::optional<ErrorCode> broker_refuses(const core::Core& core, const core::Exchange& exchange,
                                        const core::Targets& targets, const std::string& key) {
    // How large the message is nobody has said: a broker that has no room for a usual one is full.
    const core::Limits& limits = core.limits();
    const std::uint64_t usual = std::min(limits.memory_bytes / 64, limits.message_bytes);
    const std::uint64_t cost = core::MemoryGauge::cost(usual, exchange.name, key);
    if (core.topology().memory_bytes() + cost > limits.memory_bytes) return ErrorCode::memory_full;
    const auto& refuses = core.storage().refuses;
    const bool durable = std::any_of(targets.begin(), targets.end(),
                                     [](const auto* queue) { return queue->options.durable; });
    return refuses && durable ? std::optional(refuses->code) : std::nullopt;
}

/// A queue that the message is for. All of them take it or none does, so that a full one (null
/// where there is none) speaks for the others too.
wire::ExplainView taker(const core::Exchange& exchange, const core::Queue& queue,
                        const core::Queue* full, const std::optional<ErrorCode>& refused,
                        const std::string& key) {
    std::string reason =
        exchange.name.empty() ? "the key is the queue's name" : "bound with key " + quoted(key);
    if (full == &queue) {
        reason += ", but full: the message would be refused with queue_full";
    } else if (full != nullptr) {
        reason += ", but " + quoted(full->name) +
                  " is full: the message would be refused with queue_full";
    } else if (refused) {
        reason += ", but the message would be refused with " + std::string(info(*refused).name) +
                  ": " + std::string(info(*refused).sentence);
    }
    return {queue.name, full == nullptr && !refused, reason};
}

/// Queues bound to the exchange, but not for this key, with the keys they are bound for.
std::vector<wire::ExplainView> others(const core::Exchange& exchange,
                                      const core::Targets& targets) {
    std::map<std::string, std::vector<std::string>> keys_of;
    exchange.each_binding([&](const std::string& key, core::Queue& queue) {
        if (std::find(targets.begin(), targets.end(), &queue) == targets.end()) {
            keys_of[queue.name].push_back(key);
        }
    });
    std::vector<wire::ExplainView> rows;
    for (auto& [queue, keys] : keys_of) {
        if (rows.size() == others_most) break;
        std::sort(keys.begin(), keys.end());
        std::string reason = "bound only with key ";
        for (std::size_t i = 0; i < std::min(keys.size(), keys_most); ++i) {
            if (i > 0) reason += ", ";
            reason += quoted(keys[i]);
        }
        if (keys.size() > keys_most) {
            reason += " and " + std::to_string(keys.size() - keys_most) + " more";
        }
        rows.push_back({queue, false, reason});
    }
    return rows;
}

}  // namespace

wire::Answer explain(const core::Core& core, const wire::Explain& verb) {
    const core::Exchange* exchange = core.topology().exchange(verb.exchange);
    if (exchange == nullptr) {
        return wire::ErrorReply{
            error(ErrorCode::no_such_exchange,
                  "no exchange is named " + quoted(verb.exchange) + "; declare it first",
                  "exchange"),
            {}};
    }
    const core::Targets targets = exchange->route(verb.key);
    std::vector<wire::ExplainView> rows;
    const auto found = std::find_if(targets.begin(), targets.end(),
                                    [](const core::Queue* queue) { return queue->refuses(1); });
    const core::Queue* full = found == targets.end() ? nullptr : *found;
    const auto refused = broker_refuses(core, *exchange, targets, verb.key);
    for (const core::Queue* queue : targets) {
        rows.push_back(taker(*exchange, *queue, full, refused, verb.key));
    }
    for (wire::ExplainView& row : others(*exchange, targets)) rows.push_back(std::move(row));
    wire::Ok ok;
    ok.rows = wire::pack_rows(rows);
    return ok;
}

}  // namespace zex::admin
