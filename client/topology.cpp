#include "client/topology.h"

#include <type_traits>
#include <variant>

namespace zex {
namespace {

template <class Op>
concept NamesQueue = requires(Op op) {
    op.queue;
};

}  // namespace

void Topology::succeeded(const wire::Operation& operation, const wire::Ok& ok) {
    if (const auto* exchange = std::get_if<wire::DeclareExchange>(&operation)) {
        if (!exchange->passive) exchanges_[exchange->exchange] = *exchange;
    } else if (const auto* gone = std::get_if<wire::DeleteExchange>(&operation)) {
        forget_exchange(gone->exchange);
    } else if (const auto* queue = std::get_if<wire::DeclareQueue>(&operation)) {
        // Asking for one's own temporary queue by name must not turn it into a named one.
        const std::string name = queue->queue.empty() ? ok.queue.value_or("") : queue->queue;
        if (!queue->passive) queues_.try_emplace(name, *queue);
    } else if (const auto* deleted = std::get_if<wire::DeleteQueue>(&operation)) {
        forget_queue(deleted->queue);
    } else if (const auto* bind = std::get_if<wire::Bind>(&operation)) {
        bindings_[{bind->queue, bind->exchange}].insert(bind->keys.begin(), bind->keys.end());
    } else if (const auto* unbind = std::get_if<wire::Unbind>(&operation)) {
        const auto place = bindings_.find({unbind->queue, unbind->exchange});
        if (place == bindings_.end()) return;
        for (const std::string& key : unbind->keys) place->second.erase(key);
        if (place->second.empty()) bindings_.erase(place);
    } else if (const auto* consume = std::get_if<wire::Consume>(&operation)) {
        consumers_[consume->consumer] = *consume;
    } else if (const auto* cancel = std::get_if<wire::Cancel>(&operation)) {
        cancelled(cancel->consumer);
    }
}

void Topology::forget_queue(const std::string& name) {
    queues_.erase(name);
    present_names_.erase(name);
    std::erase_if(bindings_, [&](const auto& entry) { return entry.first.queue == name; });
}

void Topology::forget_exchange(const std::string& name) {
    exchanges_.erase(name);
    std::erase_if(bindings_, [&](const auto& entry) { return entry.first.exchange == name; });
}

const std::string& Topology::present_name(const std::string& name) const {
    const auto found = present_names_.find(name);
    return found == present_names_.end() ? name : found->second;
}

void Topology::renamed(const std::string& name, const std::string& present) {
    present_names_[name] = present;
}

void Topology::translate(wire::Operation& operation) const {
    if (present_names_.empty()) return;
    std::visit(
        [this](auto& op) {
            using Op = std::decay_t<decltype(op)>;
            if constexpr (NamesQueue<Op>) {
                op.queue = present_name(op.queue);
            } else if constexpr (std::is_same_v<Op, wire::Explain>) {
                if (op.exchange.empty()) op.key = present_name(op.key);
            }
        },
        operation);
}

std::vector<wire::DeclareExchange> Topology::exchanges() const {
    std::vector<wire::DeclareExchange> out;
    for (const auto& [name, declare] : exchanges_) out.push_back(declare);
    return out;
}

std::vector<Topology::QueueStep> Topology::queues() const {
    std::vector<QueueStep> out;
    for (const auto& [name, declare] : queues_) out.push_back({name, declare});
    return out;
}

std::vector<wire::Bind> Topology::bindings() const {
    std::vector<wire::Bind> out;
    for (const auto& [place, keys] : bindings_) {
        out.push_back({present_name(place.queue), place.exchange, {keys.begin(), keys.end()}});
    }
    return out;
}

std::vector<wire::Consume> Topology::consumers() const {
    std::vector<wire::Consume> out;
    for (const auto& [name, consume] : consumers_) {
        out.push_back(consume);
        out.back().queue = present_name(consume.queue);
    }
    return out;
}

}  // namespace zex
