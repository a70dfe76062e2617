// Writes lines to a file descriptor from a thread of its own, through a bounded queue, so that a
// reader that stands still (a stopped log shipper, a terminal after Ctrl-S) holds nobody up. At the
// bound the newest lines are dropped, and counted.
//
// Thread: any. The descriptor is written by the thread "zex-log".
// Invariants: lines come out in the order of write(), each whole or not at all.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace zex::shell {

class LineWriter {
  public:
    static constexpr std::size_t bytes_max = 1 << 20;              ///< waiting; beyond: dropped
    static constexpr std::chrono::milliseconds end_patience{500};  ///< for the reader, at the end

    /// `fd` must stay open as long as the process.
    explicit LineWriter(int fd);
    /// Waits until everything is written, or the reader has not read for end_patience.
    ~LineWriter();
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    /// Never waits for the reader. `line` ends with a line feed. False: dropped.
    bool write(std::string line);

    /// Lines dropped since the last call, once there is room for a line about them; 0 before.
    std::uint64_t take_dropped();

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;  ///< with the thread, which may outlive this
};

}  // namespace zex::shell
