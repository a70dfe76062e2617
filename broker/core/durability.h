// How the durability of a queue is written by people and on the wire: "sync", "interval 100",
// "none".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/facts/topology_change.h"

namespace zex::core {

struct QueueDurability {
    facts::Durability kind = facts::Durability::sync;
    std::uint64_t interval_ms = 0;  ///< with Durability::interval: 1 to interval_most_ms
};

inline constexpr std::uint64_t interval_most_ms = 60'000;

/// Empty text means "sync". Nothing where it is none of the three.
std::optional<QueueDurability> parse_durability(std::string_view text);

std::string text_of(const QueueDurability& durability);

}  // namespace zex::core
