// One line on a terminal's stderr that says how far a long publish is, how fast, and how long it
// will still take. Silent on anything but a terminal and in the first half second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace zex::tool {

/// What a line of `columns` shows. `total` 0 is unknown; done and total are of the same unit,
/// messages or bytes.
std::string progress_line(std::uint64_t messages, std::uint64_t done, std::uint64_t total,
                          std::chrono::duration<double> elapsed, std::size_t columns);

class Progress {
  public:
    Progress(bool shown, std::uint64_t total);
    ~Progress();  ///< wipes the line
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Cheap enough to be called for each message.
    void update(std::uint64_t messages, std::uint64_t done);

  private:
    bool shown_;
    std::uint64_t total_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point next_;
    unsigned calls_ = 0;
    bool drawn_ = false;
};

}  // namespace zex::tool
