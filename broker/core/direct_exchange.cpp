#include "broker/core/direct_exchange.h"

#include <algorithm>
#include <utility>

namespace zex::core {

DirectExchange::DirectExchange(std::string name_, bool auto_delete_)
    : Exchange(std::move(name_), "direct", auto_delete_) {}

DirectExchange::DirectExchange(std::string name_, std::string kind_, bool auto_delete_)
    : Exchange(std::move(name_), std::move(kind_), auto_delete_) {}

const Targets& DirectExchange::route(std::string_view key) const {
    static const Targets none;
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? none : found->second;
}

bool DirectExchange::bind(const std::string& key, Queue& queue) {
    Targets& targets = by_key_[key];
    if (std::find(targets.begin(), targets.end(), &queue) != targets.end()) return false;
    targets.push_back(&queue);
    ++count_;
    return true;
}

bool DirectExchange::unbind(const std::string& key, Queue& queue) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return false;
    if (std::erase(found->second, &queue) == 0) return false;
    if (found->second.empty()) by_key_.erase(found);
    --count_;
    return true;
}

void DirectExchange::each_binding(const EachBinding& visit) const {
    for (const auto& [key, targets] : by_key_) {
        for (Queue* queue : targets) visit(key, *queue);
    }
}

}  // namespace zex::core
