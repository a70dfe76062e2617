// What the broker thread asks of the store, and what it is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <zex/result.hpp>

#include "broker/core/command.h"
#include "broker/log/batch.h"
#include "broker/log/compaction.h"
#include "broker/log/log.h"
#include "broker/log/place.h"
#include "broker/log/recovered.h"
#include "broker/log/stored_record.h"
#include "broker/store/store.h"
#include "common/base/ids.h"

namespace zex::shell {

// Jobs. They are done in their order, but for those that a full disk or a passing fault holds up:
// what comes behind them and does not depend on them goes on.

/// Messages for consumers.
struct ReadMessages {
    QueueId queue;
    std::vector<std::uint64_t> sequences;
    std::vector<log::Place> places;  ///< of these
};
struct BackUp {
    std::string directory;
    ConnectionId connection;
    std::optional<std::uint64_t> id;
};
using StoreJob = std::variant<log::Batch, ReadMessages, log::ReadSegment, log::RemoveBefore,
                              log::SyncLog, BackUp>;

// Events:

struct BatchesWritten {
    log::BatchWritten log;
    core::Committed core;
};
/// What was written before is on the disk.
struct LogSynced {
    log::Place synced;
};
struct MessagesRead {
    ReadMessages job;
    std::vector<log::StoredRecord> records;  ///< of the first messages of the job
};
struct SegmentRead {
    log::SegmentPiece piece;
};
struct SegmentsRemoved {};
struct BackedUp {
    BackUp job;
    Status status;
};
/// A call failed, and is made again.
struct StoreTrouble {
    Error error;
};
struct SpaceSeen {
    store::Space space;
};
using StoreEvent = std::variant<log::Recovered, BatchesWritten, LogSynced, MessagesRead,
                                SegmentRead, SegmentsRemoved, BackedUp, StoreTrouble, SpaceSeen,
                                core::StorageState, core::StorageFailed>;

/// How the broker thread reaches the store. Thread: the broker thread.
class StoreLink {
  public:
    StoreLink() = default;
    StoreLink(const StoreLink&) = delete;
    StoreLink& operator=(const StoreLink&) = delete;
    virtual ~StoreLink() = default;
    virtual void push(StoreJob job) = 0;
    /// Appends what the store has told since the last call, in order.
    virtual void take(std::vector<StoreEvent>& into) = 0;
};

}  // namespace zex::shell
