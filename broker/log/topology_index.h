// Which changes of what is declared still count, and where in the log they stand. A change is
// superseded by the next one about the same thing: an exchange, a queue, a binding.
//
// Changes of a number that this program does not know are never superseded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/facts/topology_change.h"
#include "broker/log/place.h"

namespace zex::log {

/// What a change takes in the log when it is written again.
std::uint32_t cost_of(const facts::RawChange& raw);

class TopologyIndex {
  public:
    /// What a change that counts takes in the log when it is written again.
    struct Entry {
        Place place;  ///< of its record
        std::uint32_t bytes = 0;
    };
    /// Told of each change that counts no longer.
    using Superseded = std::function<void(const Entry&)>;

    /// Clients choose the names: with a `secret` that they do not know they cannot choose some that
    /// collide.
    explicit TopologyIndex(std::uint64_t secret = 0) : secret_(secret) {}

    /// The body of a topology record at `place`. Gives what that of it takes which counts now,
    /// without those of unknown changes. Bodies that cannot be read count nothing.
    std::uint64_t add(Place place, std::string_view body, const Superseded& superseded);

    /// The change in the record at `place` counts.
    bool counts(Place place, const facts::RawChange& change) const;

    std::size_t size() const { return entries_.size(); }

  private:
    struct Key {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const { return key.low; }
    };
    /// Bindings that go with an exchange, or with a queue. May name some that have gone.
    struct Owned {
        std::vector<Key> bindings;
        std::size_t gone = 0;
    };
    Key key_of(std::string_view kind, std::string_view first, std::string_view second = {},
               std::uint64_t queue = 0) const;
    Key exchange_key(std::string_view name) const;
    Key queue_key(std::uint64_t queue) const;
    template <class Binding>
    Key binding_key(const Binding& binding) const;

    struct Adding;  ///< one change on its way in
    void put(const Key& key, const Entry& entry, const Superseded& superseded);
    bool drop(const Key& key, const Superseded& superseded);
    void drop_owned(const Key& owner, const Superseded& superseded);
    void own(const Key& owner, const Key& binding);
    void disown(const Key& owner);

    std::uint64_t secret_;
    std::unordered_map<Key, Entry, KeyHash> entries_;
    std::unordered_map<Key, Owned, KeyHash> owned_;
};

}  // namespace zex::log
