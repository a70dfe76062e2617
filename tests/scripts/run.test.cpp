// Plays every script of this folder and compares. With --rewrite it writes what it saw into the
// scripts instead: then read the difference, line by line, before it is committed.
#define CATCH_CONFIG_RUNNER
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/scripts/script.h"

namespace zex::scripts {
namespace {

bool rewrite = false;

std::vector<std::filesystem::path> all_scripts() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(ZEX_SOURCE_ROOT "/tests/scripts")) {
        if (entry.path().extension() == ".txt") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
}

/// ./dev test adds these lines up over all test programs.
class Tally : public Catch::TestEventListenerBase {
  public:
    using TestEventListenerBase::TestEventListenerBase;
    void testRunEnded(const Catch::TestRunStats& stats) override {
        const Catch::Counts& cases = stats.totals.testCases;
        std::cout << "\ntest cases: " << cases.passed + cases.failedButOk << " passed, "
                  << cases.failed << " failed" << std::endl;
    }
};
CATCH_REGISTER_LISTENER(Tally)

}  // namespace

TEST_CASE("every script has exactly the effects that it says", "[scripts]") {
    const auto paths = all_scripts();
    REQUIRE(paths.size() >= 10);
    for (const auto& path : paths) {
        const std::string text = read(path);
        const std::vector<Block> expected = parse(text);
        const std::vector<Block> played = play(expected);
        if (rewrite) {
            std::ofstream(path) << write(played);
            continue;
        }
        INFO(path.filename().string());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            INFO("commands:\n" << joined(expected[i].commands));
            CHECK(joined(expected[i].expected) == joined(played[i].expected));
        }
    }
}

TEST_CASE("every script begins by saying what it shows and is laid out as --rewrite does",
          "[scripts]") {
    for (const auto& path : all_scripts()) {
        INFO(path.filename().string());
        const std::string text = read(path);
        CHECK(text.substr(0, 2) == "# ");
        CHECK((rewrite || write(parse(text)) == text));
    }
}

}  // namespace zex::scripts

int main(int argc, char** argv) {
    Catch::Session session;
    using Catch::clara::Opt;
    session.cli(session.cli() | Opt(zex::scripts::rewrite)["--rewrite"](
                                    "write the effects into the scripts instead of comparing"));
    const int wrong = session.applyCommandLine(argc, argv);
    return wrong != 0 ? wrong : session.run();
}
