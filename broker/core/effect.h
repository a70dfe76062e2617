// What the core wants done. The shell performs the list from front to back.
//
// Order: an effect may rely on those before it having been performed. The answer to a request
// comes before deliveries that it makes possible, and a HangUp is the last effect for its
// connection. Facts that are to be stored are in `records`, in their order; the Confirm that
// promises them comes only when Committed has come back.
//
// Lifetime: views in an effect point into the command or the core and are good until the next
// apply(). The messages of a Deliver are owned by Effects and may be moved out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/core/message.h"
#include "broker/facts/records.h"
#include "common/base/ids.h"
#include "common/wire/protocol.h"

namespace zex::core {

/// Any reply but `deliver` (to a consumer) and `confirm`.
struct Answer {
    ConnectionId to;
    wire::Reply reply;
};

/// Messages first_id .. first_id+count-1 are safe as promised. May be merged with a neighbour that
/// continues it, where `mergeable`.
struct Confirm {
    ConnectionId to;
    std::uint64_t first_id = 0;
    std::uint64_t count = 1;
    std::uint64_t queues = 0;
    bool mergeable = false;  ///< the session understands batches
};

/// messages[begin, end) of the Effects go to one consumer under the tags first_tag, first_tag+1, …
/// May be merged with an earlier Deliver of the same consumer that it continues.
struct Deliver {
    ConnectionId to;
    ConsumerId consumer;
    std::string_view name;  ///< the consumer's; empty in the answer to `get`
    std::uint64_t first_tag = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool batch = false;                      ///< the session understands batches
    bool data = false;                       ///< the consumer wants payloads in the envelope
    std::optional<std::uint64_t> id;         ///< in the answer to `get`: of the request
    std::optional<std::uint64_t> remaining;  ///< in the answer to `get`: messages still ready
};

/// A session is now attached to this connection (emitted before its Welcome).
struct Attach {
    ConnectionId connection;
    SessionId session;
    std::uint64_t heartbeat_ms = 0;
    std::uint64_t timeout_ms = 0;
};

/// Forget the connection: what it sends from now on is answered with hello_required.
struct HangUp {
    ConnectionId connection;
};

/// Read these messages of the queue from the log, and give them back with Loaded.
struct Load {
    QueueId queue;
    std::vector<std::uint64_t> sequences;
};

/// The record of a message that was to be read is damaged: the message is lost, and counted.
struct ReportDamage {
    std::string_view queue;
    std::uint64_t sequence = 0;
};

using Effect = std::variant<Answer, Confirm, Deliver, Attach, HangUp, Load, ReportDamage>;

/// Messages that a publish did not bring into a queue: for the log, not to be performed.
struct Loss {
    enum class Why : std::uint8_t {
        unroutable,
        no_exchange,
        queue_full,
        memory_full,
        storage,
        overflow,
    };
    Why why = Why::unroutable;
    std::string_view exchange;
    std::string_view key;    ///< of the first of them
    std::string_view queue;  ///< that was full; empty where it is not for a queue
    std::uint64_t count = 0;
};

struct Effects {
    std::vector<Effect> list;
    std::vector<Message> messages;
    std::vector<Loss> losses;
    facts::Records records;

    void clear() {
        list.clear();
        messages.clear();
        records.clear();
        losses.clear();
    }
};

}  // namespace zex::core
