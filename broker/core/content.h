// Where queues keep the bytes of their messages. Small contents are copied into the queue's own
// chunks, so that one unacked message never pins the batch that it came in; large ones get a block
// of their own, which several queues share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "broker/core/message.h"
#include "common/base/bytes.h"

namespace zex::core {

/// From this size on a content gets its own block.
inline constexpr std::size_t large_content_bytes = 4096;

/// One message's bytes as they arrived; `shared` holds them already where they are large.
struct Arrival {
    std::string_view own;
    std::string_view payload;
    BlockRef shared;

    std::size_t size() const { return own.size() + payload.size(); }

    /// Copies a large content into a block of its own, once for all queues.
    void share_if_large() {
        if (size() < large_content_bytes) return;
        shared = BlockRef::allocate(size());
        write_to(shared->data());
    }
    void write_to(char* to) const {
        if (!own.empty()) std::memcpy(to, own.data(), own.size());
        if (!payload.empty()) std::memcpy(to + own.size(), payload.data(), payload.size());
    }
};

/// Hands out room in chunks that grow with use: 1 KiB for a queue that sees little, 64 KiB for one
/// that sees much. A chunk that nobody holds any more is filled again.
class Chunks {
  public:
    /// Puts the arrival's bytes where `message` can keep them.
    void store(const Arrival& arrival, Message& message) {
        message.own_size = static_cast<std::uint32_t>(arrival.own.size());
        message.payload_size = static_cast<std::uint32_t>(arrival.payload.size());
        if (arrival.shared) {
            message.block = arrival.shared;
            message.content_at = 0;
            return;
        }
        char* room = reserve(arrival.size());
        arrival.write_to(room);
        message.block = chunk_;
        message.content_at = static_cast<std::uint32_t>(room - chunk_->data());
    }

  private:
    static constexpr std::size_t smallest = 1024;
    static constexpr std::size_t largest = 65536;

    char* reserve(std::size_t size) {
        if (!chunk_ || used_ + size > chunk_->size()) next_chunk(size);
        char* room = chunk_->data() + used_;
        used_ += size;
        return room;
    }

    void next_chunk(std::size_t size) {
        const bool reusable = chunk_ && chunk_->is_unique() && chunk_->size() >= largest;
        if (!reusable) {
            const std::size_t grown = chunk_ ? chunk_->size() * 4 : smallest;
            chunk_ = BlockRef::allocate(std::max(size, std::min(grown, largest)));
        }
        used_ = 0;
    }

    BlockRef chunk_;
    std::size_t used_ = 0;
};

}  // namespace zex::core
