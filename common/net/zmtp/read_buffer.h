// Bytes that a connection received and that are not yet taken. While they are worked on they stand
// in a buffer that all connections of one thread share; only a part of a message that waits for the
// rest is kept by its connection. A long message has a block of its own from its header on, so that
// it is read to where it stays.
//
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace zex::net::zmtp {

/// The shared buffer; at most one ReadBuffer borrows it at a time.
class Scratch {
  public:
    static constexpr std::size_t size = 64 << 10;
    char* data() { return bytes_.get(); }

  private:
    std::unique_ptr<char[]> bytes_{new char[size]};
};

class ReadBuffer {
  public:
    /// Received and not consumed.
    std::string_view bytes() const { return {data_ + begin_, end_ - begin_}; }
    void consume(std::size_t bytes);

    /// Room behind what is held, at least one byte, for a read; the first `wanted` bytes held and
    /// to come will stand in one piece. Borrows the scratch where that is long enough. `bytes()`
    /// may move.
    std::span<char> room(std::uint64_t wanted, Scratch& scratch);
    void received(std::size_t bytes);  ///< they are in room() now

    /// Gives the scratch back; what is held moves to memory of its own, with room for `wanted`.
    void keep(std::uint64_t wanted);
    void clear();

    /// Memory of its own.
    std::size_t own_bytes() const { return own_ ? capacity_ : 0; }

  private:
    void move_to(char* data, std::size_t capacity);

    std::unique_ptr<char[]> own_;
    char* data_ = nullptr;  ///< own_, the scratch, or null
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace zex::net::zmtp
