// A message as queues keep it: what it shares with the rest of its batch (heading) and what is its
// own (content). 56 bytes beside the content itself.
//
// Thread: the broker thread. The heading's count is not atomic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "broker/facts/place.h"
#include "common/base/bytes.h"
#include "common/base/time.h"

namespace zex::core {

/// Exchange, key and common properties of a run of messages. Immutable and counted.
class Heading {
  public:
    const std::string exchange;
    const std::string key;
    const std::string properties;  ///< canonical MessagePack map, see common/wire/properties.h

    Heading(std::string_view exchange_, std::string_view key_, std::string_view properties_)
        : exchange(exchange_), key(key_), properties(properties_) {}

    bool is(std::string_view exchange_, std::string_view key_, std::string_view common) const {
        return key == key_ && exchange == exchange_ && properties == common;
    }

  private:
    friend class HeadingRef;
    mutable std::uint64_t count_ = 0;
};

class HeadingRef {
  public:
    HeadingRef() = default;
    static HeadingRef make(std::string_view exchange, std::string_view key,
                           std::string_view properties) {
        return HeadingRef(new Heading(exchange, key, properties));
    }
    HeadingRef(const HeadingRef& other) : heading_(other.heading_) { retain(); }
    HeadingRef(HeadingRef&& other) noexcept : heading_(std::exchange(other.heading_, nullptr)) {}
    HeadingRef& operator=(HeadingRef other) noexcept {
        std::swap(heading_, other.heading_);
        return *this;
    }
    ~HeadingRef() {
        if (heading_ != nullptr && --heading_->count_ == 0) delete heading_;
    }
    explicit operator bool() const { return heading_ != nullptr; }
    const Heading* operator->() const { return heading_; }
    const Heading* get() const { return heading_; }

  private:
    explicit HeadingRef(const Heading* heading) : heading_(heading) { retain(); }
    void retain() const {
        if (heading_ != nullptr) ++heading_->count_;
    }
    const Heading* heading_ = nullptr;
};

struct Message {
    HeadingRef heading;
    BlockRef block;                ///< holds the content: own properties, then payload
    std::uint32_t content_at = 0;  ///< its first byte, from the block's
    std::uint32_t own_size = 0;
    std::uint32_t payload_size = 0;
    std::uint32_t deliveries = 0;  ///< times handed to a consumer so far
    std::uint64_t sequence = 0;    ///< dense within its queue; the order of first deliveries
    Instant enqueued;
    facts::Place place;  ///< of its record, in a durable queue

    std::string_view own() const { return {content(), own_size}; }
    std::string_view payload() const { return {content() + own_size, payload_size}; }
    /// Payload and properties, those shared with others included.
    std::uint64_t bytes() const {
        return std::uint64_t{own_size} + payload_size + heading->properties.size();
    }

  private:
    const char* content() const { return block ? block->data() + content_at : nullptr; }
};

}  // namespace zex::core
