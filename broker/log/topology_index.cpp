#include "broker/log/topology_index.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include <xxhash.h>

namespace zex::log {

/// Written twice, and with headers of records in which some kilobytes are gathered.
std::uint32_t cost_of(const facts::RawChange& raw) {
    const std::size_t bytes = raw.bytes.size();
    return static_cast<std::uint32_t>(2 * bytes + bytes / 32);
}

struct TopologyIndex::Adding {
    TopologyIndex& index;
    const Entry entry;
    const Superseded& superseded;

    bool operator()(const facts::ExchangeDeclared& change) const {
        index.put(index.exchange_key(change.name), entry, superseded);
        return true;
    }
    bool operator()(const facts::ExchangeRemoved& change) const {
        const Key key = index.exchange_key(change.name);
        index.drop(key, superseded);
        index.drop_owned(key, superseded);
        return false;
    }
    bool operator()(const facts::QueueDeclared& change) const {
        index.put(index.queue_key(change.queue), entry, superseded);
        return true;
    }
    bool operator()(const facts::QueueRemoved& change) const {
        const Key key = index.queue_key(change.queue);
        index.drop(key, superseded);
        index.drop_owned(key, superseded);
        return false;
    }
    bool operator()(const facts::Bound& change) const {
        const Key key = index.binding_key(change);
        const bool is_new = !index.entries_.contains(key);
        index.put(key, entry, superseded);
        if (!is_new) return true;
        index.own(index.exchange_key(change.exchange), key);
        index.own(index.queue_key(change.queue), key);
        return true;
    }
    bool operator()(const facts::Unbound& change) const {
        if (!index.drop(index.binding_key(change), superseded)) return false;
        index.disown(index.exchange_key(change.exchange));
        index.disown(index.queue_key(change.queue));
        return false;
    }
};

TopologyIndex::Key TopologyIndex::key_of(std::string_view kind, std::string_view first,
                                         std::string_view second, std::uint64_t queue) const {
    std::string text(kind);
    text += std::to_string(first.size());
    text += ' ';
    text += first;
    text += second;
    text += ' ';
    text += std::to_string(queue);
    const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), secret_);
    return {hash.low64, hash.high64};
}

TopologyIndex::Key TopologyIndex::exchange_key(std::string_view name) const {
    return key_of("exchange", name);
}

TopologyIndex::Key TopologyIndex::queue_key(std::uint64_t queue) const {
    return key_of("queue", {}, {}, queue);
}

template <class Binding>
TopologyIndex::Key TopologyIndex::binding_key(const Binding& binding) const {
    return key_of("binding", binding.exchange, binding.key, binding.queue);
}

void TopologyIndex::put(const Key& key, const Entry& entry, const Superseded& superseded) {
    const auto [found, is_new] = entries_.try_emplace(key, entry);
    if (is_new) return;
    superseded(found->second);
    found->second = entry;
}

bool TopologyIndex::drop(const Key& key, const Superseded& superseded) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return false;
    superseded(found->second);
    entries_.erase(found);
    return true;
}

void TopologyIndex::drop_owned(const Key& owner, const Superseded& superseded) {
    const auto found = owned_.find(owner);
    if (found == owned_.end()) return;
    const Owned owned = std::move(found->second);
    owned_.erase(found);
    for (const Key& binding : owned.bindings) drop(binding, superseded);
}

void TopologyIndex::own(const Key& owner, const Key& binding) {
    owned_[owner].bindings.push_back(binding);
}

void TopologyIndex::disown(const Key& owner) {
    const auto found = owned_.find(owner);
    if (found == owned_.end()) return;
    Owned& owned = found->second;
    if (++owned.gone * 2 <= owned.bindings.size()) return;
    // A binding that was unbound and bound again stands here twice: once is enough.
    std::ranges::sort(owned.bindings, {},
                      [](const Key& key) { return std::pair(key.low, key.high); });
    const auto twice = std::ranges::unique(owned.bindings);
    owned.bindings.erase(twice.begin(), twice.end());
    std::erase_if(owned.bindings, [this](const Key& key) { return !entries_.contains(key); });
    owned.gone = 0;
    if (owned.bindings.empty()) owned_.erase(found);
}

std::uint64_t TopologyIndex::add(Place place, std::string_view body, const Superseded& superseded) {
    std::uint64_t counting = 0;
    const auto changes = facts::read_raw_changes(body);
    if (!changes) return 0;
    for (const facts::RawChange& raw : *changes) {
        const std::uint32_t bytes = cost_of(raw);
        const auto change = facts::read_known(raw);
        if (!change) continue;
        const Adding adding{*this, {place, bytes}, superseded};
        if (std::visit(adding, *change)) counting += bytes;
    }
    return counting;
}

bool TopologyIndex::counts(Place place, const facts::RawChange& raw) const {
    const auto change = facts::read_known(raw);
    if (!change) return true;
    Key key;
    if (const auto* exchange = std::get_if<facts::ExchangeDeclared>(&*change)) {
        key = exchange_key(exchange->name);
    } else if (const auto* queue = std::get_if<facts::QueueDeclared>(&*change)) {
        key = queue_key(queue->queue);
    } else if (const auto* bound = std::get_if<facts::Bound>(&*change)) {
        key = binding_key(*bound);
    } else {
        return false;  // a removal: what it removed is older, and goes before it
    }
    const auto found = entries_.find(key);
    return found != entries_.end() && found->second.place == place;
}

}  // namespace zex::log
