// A child process with its output at hand, line by line: how tests run the real programs. Waiting
// is always for an event with a deadline, never for a time to pass.
//
// Owns: the child. The destructor kills it, if it still runs, and reaps it.
// Thread: the test's; two threads of its own read the pipes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace zex::test {

inline constexpr std::chrono::seconds patience{30};

class Process {
  public:
    using Environment = std::vector<std::pair<std::string, std::string>>;

    /// Starts `command[0]` (a path) with the rest as arguments, its standard input from `input`.
    explicit Process(std::vector<std::string> command, std::string input = {},
                     const Environment& environment = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// The first line, of those written so far or within `patience`, that contains `part`.
    std::optional<std::string> out_line(std::string_view part);
    std::optional<std::string> err_line(std::string_view part);

    /// Waits until standard output has this many lines; false at the deadline or at its end.
    bool wait_out_lines(std::size_t count);

    void signal(int number) const;

    /// The exit code, or 128 + the signal that ended it; nothing when `patience` runs out.
    std::optional<int> wait();

    bool has_ended();  ///< or is about to: its output is at its end

    std::string out();  ///< all of standard output so far
    std::string err();
    std::vector<std::string> out_lines();
    pid_t pid() const { return pid_; }

  private:
    struct Stream {
        std::string text;
        bool ended = false;
    };
    void read_all(int fd, Stream& stream);
    std::optional<std::string> line_of(Stream& stream, std::string_view part);

    pid_t pid_ = -1;
    std::optional<int> status_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Stream out_, err_;
    std::thread out_reader_, err_reader_, in_writer_;
};

/// What a program that runs to its end did.
struct Finished {
    int code = -1;
    std::string out;
    std::string err;
};

/// Runs a program to its end; code -1 where it did not end within `patience`.
Finished run(std::vector<std::string> command, std::string input = {},
             const Process::Environment& environment = {});

std::vector<std::string> lines_of(std::string_view text);

}  // namespace zex::test
