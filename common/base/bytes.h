// Immutable bytes with shared ownership: payloads and properties travel from the socket to the
// consumer's frame as slices of blocks, never as copies of strings.
//
// Thread: a Block may be released on any thread (the count is atomic), because libzmq's I/O
// threads release what was sent by reference. Writing into a block is for the one thread that
// allocated it, and only into bytes that no slice shows yet.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace zex {

/// A counted stretch of memory: this header and the bytes behind it, in one allocation.
class Block {
  public:
    static Block* allocate(std::size_t size) {
        void* memory = std::malloc(sizeof(Block) + size);
        if (memory == nullptr) throw std::bad_alloc();
        return new (memory) Block(size);
    }
    char* data() { return reinterpret_cast<char*>(this + 1); }
    std::size_t size() const { return size_; }

    /// Nobody else holds it, so its bytes may be written again.
    bool is_unique() const { return count_.load(std::memory_order_acquire) == 1; }

    void retain() { count_.fetch_add(1, std::memory_order_relaxed); }
    void release() {
        if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            this->~Block();
            std::free(this);
        }
    }

  private:
    explicit Block(std::size_t size) : size_(size) {}
    std::atomic<std::uint32_t> count_{1};
    std::size_t size_;
};

/// Owns one reference to a Block.
class BlockRef {
  public:
    BlockRef() = default;
    /// Takes over the reference that `Block::allocate` gave.
    static BlockRef adopt(Block* block) { return BlockRef(block); }
    static BlockRef allocate(std::size_t size) { return adopt(Block::allocate(size)); }

    BlockRef(const BlockRef& other) : block_(other.block_) {
        if (block_ != nullptr) block_->retain();
    }
    BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    BlockRef& operator=(BlockRef other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~BlockRef() {
        if (block_ != nullptr) block_->release();
    }

    explicit operator bool() const { return block_ != nullptr; }
    Block* get() const { return block_; }
    Block* operator->() const { return block_; }

    /// Gives the reference away, to be released by hand.
    Block* leak() { return std::exchange(block_, nullptr); }

  private:
    explicit BlockRef(Block* block) : block_(block) {}
    Block* block_ = nullptr;
};

/// Bytes inside a block that the slice keeps alive.
class Slice {
  public:
    Slice() = default;
    Slice(BlockRef block, std::string_view bytes) : block_(std::move(block)), bytes_(bytes) {}

    /// A block of its own holding a copy of `bytes`.
    static Slice copy_of(std::string_view bytes) {
        if (bytes.empty()) return {};
        BlockRef block = BlockRef::allocate(bytes.size());
        std::memcpy(block->data(), bytes.data(), bytes.size());
        const std::string_view view(block->data(), bytes.size());
        return {std::move(block), view};
    }

    std::string_view view() const { return bytes_; }
    std::size_t size() const { return bytes_.size(); }
    const BlockRef& block() const { return block_; }

    /// Part of these bytes, keeping the same block alive.
    Slice part(std::size_t offset, std::size_t size) const {
        return {block_, bytes_.substr(offset, size)};
    }

  private:
    BlockRef block_;
    std::string_view bytes_;
};

}  // namespace zex
