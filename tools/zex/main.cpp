// zex: the command line of the broker. Reads the command line and runs the one command that it
// names; what the commands do stands in the file of their group.
#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "tools/zex/command.h"

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

/// CLI11's sentence, and the nearest command where the first word is none.
std::string usage_error(const CLI::App& app, const CLI::Error& wrong, int argc, char** argv) {
    std::string reason = wrong.what();
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands(nullptr))
        names.push_back(command->get_name());
    const std::string word = argc > 1 ? argv[1] : "";
    if (app.get_subcommands().empty() && !word.empty() && word[0] != '-') {
        reason = "no command '" + word + "'";
        if (const auto near = zex::nearest(word, names)) {
            reason += "; did you mean '" + std::string(*near) + "'?";
        }
    }
    return reason + " (see zex --help)";
}

int run(int argc, char** argv) {
    CLI::App app("Looks at a zex broker, manages it, publishes and consumes.", "zex");
    Globals globals;
    Action action;
    app.set_version_flag("--version", std::string("zex ") + zex::version());
    app.footer(footer);
    add_commands(app, globals, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help and --version
        return app.exit(asked);
    } catch (const CLI::Error& wrong) {
        return static_cast<int>(fail("usage", usage_error(app, wrong, argc, argv), Exit::usage));
    }
    return static_cast<int>(action(globals));
}

}  // namespace

int main(int argc, char** argv) {
    // A reader of our output that goes away shows as an error of write().
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const std::exception& unexpected) {
        return static_cast<int>(fail("internal error", unexpected.what(), Exit{70}));
    }
}
