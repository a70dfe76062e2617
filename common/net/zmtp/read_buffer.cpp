#include "common/net/zmtp/read_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"

namespace zex::net::zmtp {
namespace {

/// A message that is longer is read on where it stands, rather than be copied to the scratch again
/// with every piece that comes.
constexpr std::uint64_t own_above = 4 << 10;

}  // namespace

void ReadBuffer::consume(std::size_t bytes) {
    ZEX_CHECK(bytes <= end_ - begin_);
    begin_ += bytes;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    if (own_) clear();
}

void ReadBuffer::move_to(char* data, std::size_t capacity) {
    const std::size_t held = end_ - begin_;
    if (held > 0) std::memmove(data, data_ + begin_, held);
    data_ = data;
    capacity_ = capacity;
    begin_ = 0;
    end_ = held;
}

std::span<char> ReadBuffer::room(std::uint64_t wanted, Scratch& scratch) {
    const std::size_t held = end_ - begin_;
    const std::uint64_t needed = std::max<std::uint64_t>(wanted, held + 1);
    const bool stays = own_ != nullptr && needed > own_above && capacity_ - begin_ >= needed;
    if (!stays && needed <= Scratch::size) {
        const std::unique_ptr<char[]> before = std::move(own_);
        move_to(scratch.data(), Scratch::size);
    } else if (!stays) {
        std::unique_ptr<char[]> larger(new char[needed]);
        move_to(larger.get(), needed);
        own_ = std::move(larger);
    }
    return {data_ + end_, capacity_ - end_};
}

void ReadBuffer::received(std::size_t bytes) {
    ZEX_CHECK(bytes <= capacity_ - end_);
    end_ += bytes;
}

void ReadBuffer::keep(std::uint64_t wanted) {
    if (begin_ == end_) return clear();
    if (own_) return;
    const std::size_t size = std::max<std::uint64_t>(wanted, end_ - begin_);
    std::unique_ptr<char[]> own(new char[size]);
    move_to(own.get(), size);
    own_ = std::move(own);
}

void ReadBuffer::clear() {
    own_.reset();
    data_ = nullptr;
    capacity_ = begin_ = end_ = 0;
}

}  // namespace zex::net::zmtp
