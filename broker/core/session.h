// A client's conversation with the broker. It outlives its connection by a grace period, and owns
// its consumers and exclusive queues.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/core/consumer.h"
#include "broker/core/unsettled.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/wire/protocol.h"

namespace zex::core {

struct Session {
    SessionId id;
    std::string name;    ///< for people: "s-1"
    std::string token;   ///< 32 hex digits; the right to resume
    std::string client;  ///< as the client calls itself
    std::string peer;    ///< listener and address of the present or last connection
    wire::Form form = wire::Form::msgpack;
    std::uint64_t epoch = 1;
    std::uint64_t heartbeat_ms = 0;
    std::uint64_t timeout_ms = 0;
    std::uint64_t grace_ms = 0;
    bool batch = false;  ///< understands batches

    std::optional<ConnectionId> connection;  ///< none: suspended
    bool blocked = false;                    ///< the pipe to the peer is full
    Instant expires = Instant::max();        ///< when suspended: end of the grace period

    std::map<std::string, std::unique_ptr<Consumer>, std::less<>> consumers;
    UnsettledDeliveries taken;  ///< by `get`
    std::set<QueueId> queues;   ///< exclusive to this session
    std::uint64_t consumers_named = 0;
    std::uint64_t last_tag = 0;    ///< of all deliveries, whoever gets them: none is given twice
    std::uint64_t epoch_tags = 0;  ///< tags up to this one went back when a connection broke
    std::vector<wire::Cancelled> cancelled;  ///< while suspended: told when it is resumed

    std::uint64_t published = 0;  ///< messages
    std::uint64_t delivered = 0;  ///< messages

    std::uint64_t unacked() const {
        std::uint64_t count = taken.count();
        for (const auto& [name_, consumer] : consumers) count += consumer->unsettled.count();
        return count;
    }
};

}  // namespace zex::core
