// Standard output behind a buffer, with its three ends told apart: written, the reader has gone
// (`| head`, no fault of anybody), and a real error (disk full).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/zex/exit_codes.h"
#include "tools/zex/interrupt.h"

namespace zex::tool {

class Output {
  public:
    /// With an `interrupt`, which must outlive it, a blocked write ends when that arrives.
    explicit Output(int fd, const Interrupt* interrupt = nullptr)
        : fd_(fd), interrupt_(interrupt) {}

    void write(std::string_view text) { buffer_ += text; }
    std::string& buffer() { return buffer_; }

    /// False when not everything could be written, now or earlier.
    bool flush();

    /// Flushes. ok when the reader has gone, too; prints a line and gives io_error otherwise.
    Exit finish(std::string_view what);

  private:
    int fd_;
    const Interrupt* interrupt_;
    std::string buffer_;
    int error_ = 0;  ///< errno of the write that failed
};

}  // namespace zex::tool
