// zex: the command line of the broker. Reads the command line and runs the one command that it
// names; what the commands do stands in the file of their group.
#include <algorithm>
#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "tools/zex/command.h"
#include "tools/zex/command_line.h"
#include "tools/zex/output.h"

namespace {

using namespace zex::tool;

constexpr const char* footer = R"(Exit codes:
  0   done
  1   log: records are damaged or messages lost
  64  wrong command line
  65  refused, unroutable, or no such exchange or queue
  66  a file cannot be read
  69  no broker answers
  74  the output cannot be written, or a disk failed
  75  time ran out, or the broker cannot now: try again
  76  the other end speaks another protocol
  77  not permitted, or exclusive to another session

Examples:
  zex declare exchange logs
  zex sub logs --key error --key warning
  zex pub logs error 'disk full'
  zex queues --watch 1
  zex explain logs debug)";

/// Help or version. CLI11 would write it to std::cout, and not see that this fails.
Exit print(const std::string& text) {
    Output out(STDOUT_FILENO);
    out.write(text);
    return out.finish("help");
}

Exit answer(const CLI::App& app, const CLI::Success& asked) {
    if (dynamic_cast<const CLI::CallForVersion*>(&asked) != nullptr) {
        return print(std::string(asked.what()) + "\n");
    }
    return print(app.help());  // of the command that was chosen
}

Exit run(int argc, char** argv) {
    CLI::App app("Looks at a zex broker, manages it, publishes and consumes.", "zex");
    Globals globals;
    Action action;
    app.set_version_flag("--version", std::string("zex ") + zex::version());
    app.footer(footer);
    add_commands(app, globals, action);
    const std::vector<std::string> words = understood(app, {argv + std::min(argc, 1), argv + argc});
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::Success& asked) {  // --help and --version
        return answer(app, asked);
    } catch (const CLI::Error& wrong) {
        return fail("usage", usage_error(app, wrong, words), Exit::usage);
    }
    return action(globals);
}

/// Sockets must not get the numbers of standard streams that are closed.
void open_standard_streams() {
    for (const int fd : {STDIN_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        const int null = ::open("/dev/null", O_RDWR);
        if (null >= 0 && null != fd) {
            ::dup2(null, fd);
            ::close(null);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    // A reader of our output that goes away shows as an error of write().
    std::signal(SIGPIPE, SIG_IGN);
    const bool output_closed = ::fcntl(STDOUT_FILENO, F_GETFD) < 0;
    if (output_closed) {
        return static_cast<int>(
            fail("standard output", "it is closed, and nothing was done", Exit::io_error));
    }
    open_standard_streams();
    try {
        return static_cast<int>(run(argc, argv));
    } catch (const std::exception& unexpected) {
        return static_cast<int>(fail("internal error", unexpected.what(), Exit{70}));
    }
}
