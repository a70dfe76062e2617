// Standard output behind a buffer, with its three ends told apart: written, the reader has gone
// (`| head`, no fault of anybody), and a real error (disk full).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/zex/exit_codes.h"
#include "tools/zex/interrupt.h"

namespace zex::tool {

class Output {
  public:
    /// With an `interrupt`, which must outlive it, a blocked write ends when that arrives.
    explicit Output(int fd, const Interrupt* interrupt = nullptr);

    void write(std::string_view text) { buffer_ += text; }
    std::string& buffer() { return buffer_; }

    /// False when not everything could be written, now or earlier.
    bool flush();
    bool failed() const { return error_ != 0; }

    /// Bytes written so far.
    std::uint64_t written() const { return written_; }
    /// Bytes of them that nobody has read yet; nothing where the system does not tell: it does of
    /// pipes.
    std::optional<std::size_t> unread() const;
    /// The other end was closed, as far as the system tells.
    bool reader_gone() const;

    /// Flushes. ok when the reader has gone, too; prints a line and gives io_error otherwise.
    Exit finish(std::string_view what);

  private:
    int fd_;
    const Interrupt* interrupt_;
    std::string buffer_;
    std::uint64_t written_ = 0;
    bool pipe_ = false;
    int error_ = 0;  ///< errno of the write that failed
};

}  // namespace zex::tool
