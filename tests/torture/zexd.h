// The real zexd as these tests run it: under other programs, with libraries loaded before its own,
// on a data directory below a directory of the test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace zex::test {

/// How to start it.
struct ZexdSetup {
    std::string endpoint;
    std::string data;                    ///< the data directory
    std::vector<std::string> arguments;  ///< further ones
    std::vector<std::string> under;      ///< a program, with its arguments, that starts zexd
    Process::Environment environment;
};

/// Small segments, and a disk that may be as full as it likes.
ZexdSetup small_log(const std::string& directory);

class Zexd {
  public:
    /// Starts it.
    explicit Zexd(const ZexdSetup& setup);

    /// Waits until it has read its log; false where it ended before.
    bool is_ready();

    void kill();
    /// Sends SIGTERM; gives the exit code.
    int terminate();

    Process& process() { return *process_; }
    const std::string& endpoint() const { return endpoint_; }

  private:
    std::string endpoint_;
    std::unique_ptr<Process> process_;
};

/// The environment with one more library that is loaded before all others. It works under
/// AddressSanitizer, which would else be the first.
Process::Environment preloaded(const std::string& library, Process::Environment more);

}  // namespace zex::test
