// What a `topology` record tells: the changes of one request, which happen together or not at all.
// Each can be applied again without harm; the last one about a thing counts.
//
// Fields may be added at the end of a change: where they are missing they have their defaults, and
// those that this program does not know stay in the log as they are. So do changes of unknown
// number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace zex::facts {

/// When a queue's messages are confirmed. Numbers stand in the file.
enum class Durability : std::uint8_t {
    sync = 0,      ///< when they are synced to the disk
    interval = 1,  ///< when they are written; synced every so many milliseconds
    none = 2,      ///< when they are written; the kernel syncs when it will
};

struct ExchangeDeclared {
    std::string name;
    std::string kind;
    bool auto_delete = false;
    bool operator==(const ExchangeDeclared&) const = default;
};
struct ExchangeRemoved {
    std::string name;
    bool operator==(const ExchangeRemoved&) const = default;
};
struct QueueDeclared {
    std::uint64_t queue = 0;
    std::string name;
    bool auto_delete = false;
    std::uint64_t max_messages = 0;
    std::uint64_t max_bytes = 0;
    Durability durability = Durability::sync;
    std::uint64_t interval_ms = 0;    ///< with Durability::interval
    std::uint64_t next_sequence = 0;  ///< no message before it was ever written again
    std::uint64_t offered = 0;        ///< messages before it may have been delivered
    bool operator==(const QueueDeclared&) const = default;
};
/// Its messages and bindings go with it.
struct QueueRemoved {
    std::uint64_t queue = 0;
    bool operator==(const QueueRemoved&) const = default;
};
struct Bound {
    std::string exchange;
    std::string key;
    std::uint64_t queue = 0;
    bool operator==(const Bound&) const = default;
};
struct Unbound {
    std::string exchange;
    std::string key;
    std::uint64_t queue = 0;
    bool operator==(const Unbound&) const = default;
};

using TopologyChange =
    std::variant<ExchangeDeclared, ExchangeRemoved, QueueDeclared, QueueRemoved, Bound, Unbound>;

void append_to(std::string& out, const TopologyChange& change);

/// A change as it stands in a record.
struct RawChange {
    std::uint8_t number = 0;  ///< index in TopologyChange; greater ones are of a newer program
    std::string_view fields;
    std::string_view bytes;  ///< all of it: number, size and fields
};
inline constexpr std::uint8_t known_changes = std::variant_size_v<TopologyChange>;

/// Nothing where the body does not consist of whole changes.
std::optional<std::vector<RawChange>> read_raw_changes(std::string_view body);

/// Requires a number that is known. Nothing where a field is cut short or impossible.
std::optional<TopologyChange> read_change(const RawChange& raw);

/// The bytes of a queue's declaration as it would be written now: `declared` stands for the fields
/// that are known, and what a newer program wrote behind them is kept.
std::string declared_again(const RawChange& raw, const QueueDeclared& declared);

/// Nothing also where a newer program wrote it: with a number or a field that is not known here.
inline std::optional<TopologyChange> read_known(const RawChange& raw) {
    return raw.number < known_changes ? read_change(raw) : std::nullopt;
}

}  // namespace zex::facts
