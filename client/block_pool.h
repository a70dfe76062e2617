// Large blocks for the bodies of batches, used again once libzmq and the batch have let go of them:
// fresh memory of this size costs a page fault for every few messages.
//
// Thread: under the outbox's mutex. Others may release the blocks at any time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/base/bytes.h"

namespace zex {

class BlockPool {
  public:
    /// A block of at least `size` bytes that nobody else holds.
    BlockRef take(std::size_t size) {
        for (const BlockRef& block : blocks_) {
            if (block->is_unique() && block->size() >= size) return block;
        }
        BlockRef made = BlockRef::allocate(size);
        if (blocks_.size() < most) blocks_.push_back(made);
        return made;
    }

    /// Keeps nothing any more: when what is sent has become small.
    void clear() { blocks_.clear(); }

  private:
    static constexpr std::size_t most = 8;
    std::vector<BlockRef> blocks_;
};

}  // namespace zex
