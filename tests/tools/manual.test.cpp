#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "tools/zex/command.h"

using namespace zex::tool;

namespace {

std::string manual() {
    std::ifstream file(ZEX_SOURCE_ROOT "/docs/zex.md");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Calls `visit` with each command and subcommand.
template <class Visit>
void each_command(CLI::App& app, Visit&& visit) {
    for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
        visit(*command);
        each_command(*command, visit);
    }
}

struct CommandLine {
    CommandLine() { add_commands(app, globals, action); }
    CLI::App app{"", "zex"};
    Globals globals;
    Action action;
};

}  // namespace

TEST_CASE("The manual names every command and every option") {
    CommandLine line;
    const std::string text = manual();
    REQUIRE_FALSE(text.empty());
    int commands = 0;
    const auto check = [&](const CLI::App& command) {
        ++commands;
        CHECK_THAT(text, Catch::Contains(command.get_name()));
        for (const CLI::Option* option : command.get_options()) {
            for (const std::string& name : option->get_lnames()) {
                INFO(command.get_name() << " --" << name);
                CHECK_THAT(text, Catch::Contains("`--" + name) || Catch::Contains("[--" + name) ||
                                     Catch::Contains(" --" + name));
            }
        }
    };
    each_command(line.app, check);
    check(line.app);
    CHECK(commands == 28);
}

TEST_CASE("The help of every command has an example") {
    CommandLine line;
    each_command(line.app, [](CLI::App& command) {
        INFO(command.get_name());
        CHECK_THAT(command.help(), Catch::Contains("Examples:\n  zex "));
    });
}

TEST_CASE("A command line leaves its action and its global options, wherever these stand") {
    CommandLine line;
    line.app.parse("queues --endpoint tcp://a:1,tcp://b:2 --timeout 2 --sort ready:desc");
    CHECK(line.action);
    CHECK(line.globals.endpoints == std::vector<std::string>{"tcp://a:1", "tcp://b:2"});
    CHECK(line.globals.timeout == std::chrono::milliseconds(2000));
}
