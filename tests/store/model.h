// What a log should add up to, said in the simplest way: maps. Compared as text, so that a failure
// shows the difference.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "broker/facts/topology_change.h"
#include "broker/log/recovered.h"
#include "broker/store/store.h"

namespace zex::test {

struct ModelQueue {
    std::string name;
    std::uint64_t next = 0;
    std::uint64_t offered = 0;
    std::map<std::uint64_t, std::string> payloads;  ///< by sequence
};

struct Model {
    std::set<std::string> exchanges;
    std::map<std::uint64_t, ModelQueue> queues;
    std::set<std::tuple<std::string, std::string, std::uint64_t>> bindings;

    std::string text() const;
};

/// With every live message read back from the store. A message that cannot be read has the payload
/// "damaged"; where the call failed, all of its queue have "unread". `unordered` tells that
/// sequences did not rise.
Model model_of(const log::Recovered& found, store::Store& store, bool* unordered = nullptr);

}  // namespace zex::test
