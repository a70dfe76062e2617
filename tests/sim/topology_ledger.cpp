#include "tests/sim/topology_ledger.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "tests/sim/failure.h"

namespace zex::sim {
namespace {

std::string text_of(const facts::ExchangeDeclared& exchange) {
    return exchange.kind + (exchange.auto_delete ? " auto" : "");
}

std::string text_of(const facts::QueueDeclared& queue) {
    return queue.name + (queue.auto_delete ? " auto " : " ") + std::to_string(queue.max_messages) +
           ' ' + std::to_string(queue.max_bytes) + ' ' +
           std::to_string(static_cast<int>(queue.durability)) + ' ' +
           std::to_string(queue.interval_ms);
}

struct Apply {
    Declared& to;
    void operator()(const facts::ExchangeDeclared& change) const {
        to.exchanges[change.name] = text_of(change);
    }
    void operator()(const facts::ExchangeRemoved& change) const {
        to.exchanges.erase(change.name);
        std::erase_if(to.bindings, [&](const auto& b) { return std::get<0>(b) == change.name; });
    }
    void operator()(const facts::QueueDeclared& change) const {
        to.queues[change.queue] = text_of(change);
    }
    void operator()(const facts::QueueRemoved& change) const {
        to.queues.erase(change.queue);
        std::erase_if(to.bindings, [&](const auto& b) { return std::get<2>(b) == change.queue; });
    }
    void operator()(const facts::Bound& change) const {
        to.bindings.insert({change.exchange, change.key, change.queue});
    }
    void operator()(const facts::Unbound& change) const {
        to.bindings.erase({change.exchange, change.key, change.queue});
    }
};

std::string differences(const Declared& expected, const Declared& found) {
    std::string text;
    const auto compare = [&](const char* what, const auto& a, const auto& b) {
        if (a != b) {
            text += std::string(" ") + what + " " + std::to_string(a.size()) + " expected, " +
                    std::to_string(b.size()) + " found;";
        }
    };
    compare("exchanges", expected.exchanges, found.exchanges);
    compare("queues", expected.queues, found.queues);
    compare("bindings", expected.bindings, found.bindings);
    return text;
}

}  // namespace

void Declared::apply(const facts::TopologyChange& change) {
    std::visit(Apply{*this}, change);
}

Declared declared_in(const log::Recovered& recovered) {
    Declared out;
    for (const auto& exchange : recovered.exchanges) out.apply(exchange);
    for (const auto& queue : recovered.queues) out.apply(queue.declared);
    for (const auto& bound : recovered.bindings) out.apply(bound);
    return out;
}

void TopologyLedger::record(std::uint64_t fact, std::vector<facts::TopologyChange> changes) {
    pending_.push_back({fact, std::move(changes)});
    last_ = fact;
}

void TopologyLedger::synced(std::uint64_t fact) {
    while (!pending_.empty() && pending_.front().fact <= fact) {
        for (const auto& change : pending_.front().changes) base_.apply(change);
        pending_.pop_front();
    }
}

void TopologyLedger::check(const Declared& recovered, std::uint64_t committed) {
    const std::uint64_t least = std::max(promised_, committed);
    Declared state = base_;
    std::string why;
    for (std::size_t i = 0;; ++i) {
        const bool is_enough = i == pending_.size() || pending_[i].fact > least;
        if (is_enough && state == recovered) return;
        if (is_enough && why.empty()) why = differences(state, recovered);
        if (i == pending_.size()) break;
        for (const auto& change : pending_[i].changes) state.apply(change);
    }
    throw Failure("what was declared is not what was answered:" + why);
}

void TopologyLedger::restart(Declared recovered) {
    base_ = std::move(recovered);
    pending_.clear();
    promised_ = last_ = 0;
}

}  // namespace zex::sim
