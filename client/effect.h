// What the session wants done by the socket thread, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <zex/client.hpp>

#include "client/batch.h"
#include "common/wire/protocol.h"

namespace zex {

struct OpenLink {
    std::string endpoint;
};
struct CloseLink {};

struct SendRequest {
    wire::Request request;
};
/// Messages first .. first+count-1 of a batch, as one publish.
struct SendBatch {
    std::shared_ptr<Batch> batch;
    std::size_t first = 0;
    std::size_t count = 0;
    std::optional<std::uint64_t> id;  ///< none: posted
};

/// Confirmed messages were answered; batches in `whole` are settled to their end.
struct Progressed {
    std::uint64_t messages = 0;
    std::vector<std::shared_ptr<Batch>> whole;
};

struct Notify {
    StateChange change;
};
struct ReportRefused {
    Refused refused;
};
struct ReportReturned {
    Returned returned;
};
struct ConsumerEnded {
    std::string consumer;
    Error error;
};

/// Another connection: unread deliveries of the one before come again, settles of them are void.
struct NewGeneration {
    std::uint64_t generation = 0;
};

/// Requests and batches may be submitted, within these limits.
struct Opened {
    wire::Welcome welcome;
};

/// For good. Nothing follows.
struct Finished {
    Error error;
};

using Effect =
    std::variant<OpenLink, CloseLink, SendRequest, SendBatch, Progressed, Notify, ReportRefused,
                 ReportReturned, ConsumerEnded, NewGeneration, Opened, Finished>;

}  // namespace zex
