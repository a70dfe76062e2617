// Messages on their way out: those that one publish envelope can carry, with the promises of
// those that wait for a confirm.
//
// Thread: filled under the outbox's mutex, then handed to the socket thread, which alone touches
// it from there on.
// Invariants: all messages have the exchange, the mandatory flag and the kind of answer (confirm
// or none) of the first; message i has the id first_id + i once an id is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zex/client.hpp>

#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/wire/protocol.h"

namespace zex {

class PublishTally;

/// What all messages of a batch have in common.
struct BatchTerms {
    std::string_view exchange;
    bool mandatory = false;
    bool confirmed = false;  ///< each message has a promise, or is in the tally
    Duration timeout{0};
    PublishTally* tally = nullptr;  ///< owned by a shared_ptr; where it is told of outcomes
};

struct BatchLimits {
    std::size_t messages = 65536;
    std::size_t bytes = 256 * 1024;  ///< of body; a larger message goes alone
    std::size_t message_bytes = 1024 * 1024;
};

class Batch {
  public:
    /// Opens a batch that begins with `message`; its type, version and content type become common.
    Batch(const BatchTerms& terms, const Message& message, Instant now);

    /// Makes room for so many messages, and for as many bytes of body as `body` has. Only while
    /// the batch is empty.
    void reserve(std::size_t messages, BlockRef body);

    bool takes(const BatchTerms& terms, const Message& message, const BatchLimits& limits) const;

    /// Requires takes(), or an empty batch. `own` is canonical MessagePack, or empty. Gives by how
    /// much cost() grew.
    std::size_t add(std::string_view key, const Message& message, std::string_view own);
    std::future<Result<Confirmed>> add_promise();

    std::size_t size() const { return entries_.size(); }
    std::size_t body_bytes() const { return body_used_; }
    /// Of the last message. Requires one.
    std::string_view last_key() const {
        return text(entries_.back().key_at, entries_.back().key_size);
    }
    std::size_t cost() const { return body_used_ + texts_.size() + entries_.size() * entry_cost; }
    /// What a message costs beside its bytes.
    static constexpr std::size_t entry_cost = 64;
    bool confirmed() const { return confirmed_; }
    Instant deadline() const { return deadline_; }
    Duration timeout() const { return timeout_; }
    const std::string& exchange() const { return exchange_; }

    std::uint64_t first_id = 0;

    /// The envelope's part of messages [first, first+count). The views are good while the batch is.
    wire::Publish publish(std::size_t first, std::size_t count) const;
    /// Their payloads, end to end.
    Slice body(std::size_t first, std::size_t count) const;

    /// Settles messages [first, first+count); gives how many were not settled before.
    std::size_t settle(std::size_t first, std::size_t count, const Result<Confirmed>& outcome);
    std::size_t unsettled() const { return unsettled_; }

    /// Stretches of messages that are not settled, as (first, count), in order.
    std::vector<std::pair<std::size_t, std::size_t>> unsettled_stretches() const;
    /// Unsettled messages in a row from `first` on.
    std::size_t unsettled_from(std::size_t first) const;

  private:
    struct Entry {
        std::uint32_t key_at = 0;
        std::uint32_t key_size = 0;
        std::uint32_t own_at = 0;
        std::uint32_t own_size = 0;
        std::uint32_t body_at = 0;
        std::uint32_t body_size = 0;
    };
    void append_body(std::string_view bytes);
    /// Tells whoever waits for messages [first, first+count).
    void tell(std::size_t first, std::size_t count, const Result<Confirmed>& outcome);
    std::string_view text(std::uint32_t at, std::uint32_t size) const {
        return std::string_view(texts_).substr(at, size);
    }

    const std::string exchange_;
    const bool mandatory_;
    const bool confirmed_;
    const std::shared_ptr<PublishTally> tally_;
    const std::uint64_t first_number_;  ///< in the tally, of message 0
    const Duration timeout_;
    const Instant deadline_;
    const std::string type_;
    const std::string version_;
    const std::string content_type_;
    std::string common_;  ///< the three of them as canonical MessagePack
    std::vector<Entry> entries_;
    std::string texts_;  ///< keys and own properties
    BlockRef body_;
    std::size_t body_used_ = 0;
    std::vector<std::promise<Result<Confirmed>>> promises_;
    std::vector<bool> settled_;  ///< empty while none is
    std::size_t unsettled_ = 0;
};

}  // namespace zex
