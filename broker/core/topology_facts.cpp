#include "broker/core/topology_facts.h"

#include "broker/core/durable.h"

namespace zex::core {

void TopologyFacts::declared(const Exchange& exchange) {
    if (!exchange.durable) return;
    changes_.emplace_back(
        facts::ExchangeDeclared{exchange.name, exchange.kind, exchange.auto_delete});
}

void TopologyFacts::removed(const Exchange& exchange) {
    if (exchange.durable) changes_.emplace_back(facts::ExchangeRemoved{exchange.name});
}

void TopologyFacts::declared(const Queue& queue) {
    if (queue.options.durable) changes_.emplace_back(fact_of(queue));
}

void TopologyFacts::bound(const Exchange& exchange, const std::string& key, const Queue& queue) {
    if (!exchange.durable || !queue.options.durable) return;
    changes_.emplace_back(facts::Bound{exchange.name, key, queue.id.number()});
}

bool TopologyFacts::unbind(Exchange& exchange, const std::string& key, Queue& queue) {
    const std::string name = exchange.name;
    const bool exchange_durable = exchange.durable;
    if (!turn_.state.topology.unbind(queue, exchange, key)) return false;
    if (!exchange_durable) return true;
    if (queue.options.durable) {
        changes_.emplace_back(facts::Unbound{name, key, queue.id.number()});
    }
    if (turn_.state.topology.exchange(name) == nullptr) {
        changes_.emplace_back(facts::ExchangeRemoved{name});
    }
    return true;
}

void TopologyFacts::remove(Queue& queue) {
    std::vector<std::string> may_go;
    for (const auto& [exchange, key] : queue.bindings) {
        if (exchange->durable && exchange->auto_delete) may_go.push_back(exchange->name);
    }
    if (queue.options.durable) changes_.emplace_back(facts::QueueRemoved{queue.id.number()});
    Topology& topology = turn_.state.topology;
    topology.remove_queue(queue);
    for (const std::string& name : may_go) {
        if (topology.exchange(name) == nullptr) {
            changes_.emplace_back(facts::ExchangeRemoved{name});
        }
    }
}

void TopologyFacts::write() {
    record(turn_, changes_);
    changes_.clear();
}

}  // namespace zex::core
