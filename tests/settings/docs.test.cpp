#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "broker/settings.h"

using namespace zex;

namespace {

std::string file(const char* path) {
    std::ifstream in(std::string(ZEX_SOURCE_ROOT "/") + path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("config/zexd.toml is what zexd --print-config prints") {
    CHECK(file("config/zexd.toml") == config_file_text());
}

TEST_CASE("docs/settings.md is what zexd --print-settings-doc prints") {
    CHECK(file("docs/settings.md") == settings_doc());
}

TEST_CASE("docs/errors.md is what zexd --print-errors-doc prints") {
    CHECK(file("docs/errors.md") == errors_doc());
}

TEST_CASE("docs/counters.md is what zexd --print-counters-doc prints") {
    CHECK(file("docs/counters.md") == counters_doc());
}

TEST_CASE("every option and every error has a row in its page") {
    for (const Option& row : option_table()) {
        CHECK(settings_doc().find("`" + std::string(row.key) + "`") != std::string::npos);
        CHECK_FALSE(row.help.ends_with("."));
    }
    for (const ErrorInfo& row : error_table) {
        CHECK(errors_doc().find("`" + std::string(row.name) + "`") != std::string::npos);
    }
}
