#include "broker/core/topology.h"

#include <algorithm>
#include <utility>

#include "broker/core/default_exchange.h"
#include "broker/core/unknown_exchange.h"

namespace zex::core {
namespace {

template <class Noun>
std::vector<const Noun*> by_name(const ByName<std::unique_ptr<Noun>>& map) {
    std::vector<const Noun*> list;
    list.reserve(map.size());
    for (const auto& [name, noun] : map) list.push_back(noun.get());
    std::sort(list.begin(), list.end(),
              [](const Noun* a, const Noun* b) { return a->name < b->name; });
    return list;
}

}  // namespace

Topology::Topology(Storage& storage) : storage_(storage) {
    exchanges_[""] = std::make_unique<DefaultExchange>(queues_);
}

Topology::~Topology() = default;

Exchange* Topology::exchange(std::string_view name) const {
    const auto found = exchanges_.find(name);
    return found == exchanges_.end() ? nullptr : found->second.get();
}

Exchange* Topology::add_exchange(const std::string& name, const std::string& kind,
                                 bool auto_delete) {
    auto exchange = make_exchange(name, kind, auto_delete);
    if (!exchange) return nullptr;
    return (exchanges_[name] = std::move(exchange)).get();
}

Exchange& Topology::restore_exchange(const std::string& name, const std::string& kind,
                                     bool auto_delete) {
    auto exchange = make_exchange(name, kind, auto_delete);
    if (!exchange) exchange = std::make_unique<UnknownExchange>(name, kind, auto_delete);
    exchange->durable = true;
    return *(exchanges_[name] = std::move(exchange));
}

void Topology::remove_exchange(Exchange& exchange) {
    exchange.each_binding([&](const std::string& key, Queue& queue) {
        queue.bindings.erase({&exchange, key});
    });
    bindings_ -= exchange.bindings();
    exchanges_.erase(exchanges_.find(exchange.name));
}

Queue* Topology::queue(std::string_view name) const {
    const auto found = queues_.find(name);
    return found == queues_.end() ? nullptr : found->second.get();
}

Queue* Topology::queue(QueueId id) const {
    const auto found = queues_by_id_.find(id);
    return found == queues_by_id_.end() ? nullptr : found->second;
}

Queue& Topology::add_queue(const std::string& name, const QueueOptions& options, SessionId owner) {
    return add_queue(QueueId(++last_queue_id_), name, options, owner);
}

Queue& Topology::restore_queue(QueueId id, const std::string& name, const QueueOptions& options) {
    last_queue_id_ = std::max(last_queue_id_, id.number());
    return add_queue(id, name, options, {});
}

Queue& Topology::add_queue(QueueId id, const std::string& name, const QueueOptions& options,
                           SessionId owner) {
    auto& place = queues_[name];
    place = std::make_unique<Queue>(id, name, options, owner, memory_, &storage_);
    queues_by_id_[id] = place.get();
    return *place;
}

void Topology::remove_queue(Queue& queue) {
    while (!queue.bindings.empty()) {
        const BindingEnd end = *queue.bindings.begin();
        unbind(queue, *end.exchange, end.key);
    }
    queues_by_id_.erase(queue.id);
    queues_.erase(queues_.find(queue.name));
}

bool Topology::bind(Queue& queue, Exchange& exchange, const std::string& key) {
    if (!exchange.bind(key, queue)) return false;
    queue.bindings.insert({&exchange, key});
    ++bindings_;
    return true;
}

bool Topology::unbind(Queue& queue, Exchange& exchange, const std::string& key) {
    if (!exchange.unbind(key, queue)) return false;
    queue.bindings.erase({&exchange, key});
    --bindings_;
    remove_if_done(exchange);
    return true;
}

void Topology::remove_if_done(Exchange& exchange) {
    if (exchange.auto_delete && exchange.bindings() == 0) {
        exchanges_.erase(exchanges_.find(exchange.name));
    }
}

std::vector<const Exchange*> Topology::all_exchanges() const {
    return by_name(exchanges_);
}

std::vector<const Queue*> Topology::all_queues() const {
    return by_name(queues_);
}

}  // namespace zex::core
