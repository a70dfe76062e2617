// What is asked for when an exchange or a queue is declared, and what is told of a queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace zex {

struct ExchangeOptions {
    std::string kind = "direct";
    bool auto_delete = false;
    bool passive = false;  ///< only ask whether it is there
    bool durable = false;  ///< survives a restart of the broker, which needs a data directory
};

struct QueueOptions {
    bool exclusive = false;
    bool auto_delete = false;
    bool passive = false;
    std::optional<std::uint64_t> max_messages = {};
    std::optional<std::uint64_t> max_bytes = {};
    /// It and its messages survive a restart of the broker, which needs a data directory; the
    /// queue needs a name. `bad_field` otherwise.
    bool durable = false;
    /// Of a durable one, what a confirm means: "sync" (as empty), written and synced to the disk;
    /// "interval MS", synced at the latest so many milliseconds (1 to 60000) later; "none",
    /// synced some time.
    std::string durability = {};
    /// At max_messages or max_bytes: "refuse" (as empty), publishes are refused with queue_full;
    /// "drop_head", the oldest ready messages are dropped, counted. Not of a durable one.
    std::string overflow = {};
};

struct QueueInfo {
    std::string name;            ///< the library's choice, where none was given
    std::uint64_t messages = 0;  ///< ready
    std::uint64_t consumers = 0;
};

}  // namespace zex
