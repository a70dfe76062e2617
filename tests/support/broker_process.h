// The real zexd, on a port of the system's choice.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/process.h"

namespace zex::test {

class BrokerProcess {
  public:
    /// Starts it and waits until it listens. `arguments` come after --listen.
    explicit BrokerProcess(std::vector<std::string> arguments = {},
                           std::string listen = "tcp://127.0.0.1:0");

    const std::string& endpoint() const { return endpoint_; }

    /// The process; gone and made anew by restart().
    Process& process() { return *process_; }

    void kill() { stop_with(SIGKILL); }

    /// Sends SIGTERM; gives the exit code.
    int terminate() { return stop_with(SIGTERM); }

    /// Starts it again on the same endpoint. Requires that it was stopped.
    void restart();

  private:
    int stop_with(int signal);
    void start();

    std::vector<std::string> arguments_;
    std::string endpoint_;
    std::unique_ptr<Process> process_;
};

/// Where the programs under test are: "zexd", "zex", "client/examples/hello".
std::string built(std::string_view program);

}  // namespace zex::test
