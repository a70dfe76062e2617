// Reads a file, a pipe or a terminal line by line without ever holding more than one line and one
// buffer, or as a whole up to a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <zex/result.hpp>

#include "tools/zex/interrupt.h"

namespace zex::tool {

inline constexpr std::size_t longest_body = 64 * 1024 * 1024;  ///< a line or a file as one message

/// An open file to read from. Owns the descriptor unless it is standard input.
class Input {
  public:
    /// "-" is standard input. Gives `bad_argument` where the file cannot be read.
    static Result<Input> open(const std::string& path);
    Input(Input&& other) noexcept;
    Input& operator=(Input&&) = delete;
    ~Input();

    int fd() const { return fd_; }
    std::uint64_t size() const { return size_; }  ///< of a regular file; otherwise 0

  private:
    Input(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
    int fd_;
    std::uint64_t size_;
};

class Lines {
  public:
    /// Both must outlive it; `interrupt` ends the input when it arrives.
    Lines(const Input& input, const Interrupt* interrupt) : input_(input), interrupt_(interrupt) {}

    /// The next line without its line feed, good until the next call; nothing at the end. The last
    /// line needs no line feed. `bad_argument` on a read error and past longest_body.
    Result<std::optional<std::string_view>> next();

    std::uint64_t bytes_read() const { return bytes_read_; }

  private:
    Status fill();

    const Input& input_;
    const Interrupt* interrupt_;
    std::string buffer_;
    std::size_t begin_ = 0;    ///< of what has not been handed out
    std::size_t scanned_ = 0;  ///< no line feed in [begin_, scanned_)
    bool ended_ = false;
    std::uint64_t bytes_read_ = 0;
};

/// Everything up to the end, at most longest_body.
Result<std::string> read_all(const Input& input);

}  // namespace zex::tool
