#include <catch2/catch.hpp>

#include "broker/settings.h"

using namespace zex;

namespace {

Result<Settings> parse(std::string_view text) {
    return parse_settings_toml(text, "z.toml", {});
}

std::string refusal(std::string_view text) {
    const auto settings = parse(text);
    REQUIRE_FALSE(settings.ok());
    CHECK(settings.error().code == ErrorCode::bad_argument);
    return settings.error().reason;
}

}  // namespace

TEST_CASE("a file sets what it names and leaves the rest") {
    const auto settings = parse(
        "[listen]\nendpoints = ['inproc://a']\nallow_insecure_bind = true\n"
        "[limits]\nqueues_max = 7\n[log]\nlevel = \"debug\"\n");
    REQUIRE(settings.ok());
    CHECK(settings->listen.endpoints == std::vector<std::string>{"inproc://a"});
    CHECK(settings->listen.allow_insecure_bind);
    CHECK(settings->limits.queues_max == 7);
    CHECK(settings->limits.sessions_max == Settings{}.limits.sessions_max);
    CHECK(settings->log.level == "debug");
}

TEST_CASE("a file is laid over the settings that it is given") {
    Settings base;
    base.net.io_threads = 3;
    const auto settings = parse_settings_toml("net.backlog = 5", "z.toml", base);
    REQUIRE(settings.ok());
    CHECK(settings->net.io_threads == 3);
    CHECK(settings->net.backlog == 5);
}

TEST_CASE("an unknown key is refused with line, column and what may have been meant") {
    CHECK(refusal("[limits]\n\n  queue_max = 5\n") ==
          "z.toml:3:3: unknown key 'limits.queue_max'; did you mean 'queues_max'?");
    CHECK(refusal("[limit]\nqueues_max = 5\n") ==
          "z.toml:1:2: unknown section 'limit'; did you mean 'limits'?");
    CHECK(refusal("[session]\nqueues_max = 5\n") ==
          "z.toml:2:1: unknown key 'session.queues_max'; 'queues_max' belongs under [limits]");
    CHECK(refusal("queues_max = 5\n") ==
          "z.toml:1:1: unknown key 'queues_max'; 'queues_max' belongs under [limits]");
    CHECK(refusal("[net]\nthis_is_nothing_known = 1") ==
          "z.toml:2:1: unknown key 'net.this_is_nothing_known'");
}

TEST_CASE("a wrong type is refused with line, key and what was expected") {
    CHECK(refusal("[log]\nlevel = 3\n") ==
          "z.toml:2:1: log.level = 3 has the wrong type; expected debug, info, warn or error");
    CHECK(refusal("[net]\nbacklog = '7'\n") ==
          "z.toml:2:1: net.backlog = \"7\" has the wrong type; expected a whole number of "
          "connections from 1 to 65535");
    CHECK(refusal("[net]\nbacklog = 7.0\n").find("floating-point") != std::string::npos);
    CHECK(refusal("[listen]\nendpoints = 'tcp://127.0.0.1:1'\n").find("wrong type") !=
          std::string::npos);
    CHECK(refusal("[listen]\nendpoints = [1]\n").find("an item that is no string") !=
          std::string::npos);
    CHECK(refusal("[listen]\nallow_insecure_bind = 1\n").find("true or false") !=
          std::string::npos);
    CHECK(refusal("limits = 3\n") == "z.toml:1:1: 'limits' is a section, not a value");
    CHECK(refusal("[limits.queues_max]\na = 1\n").find("of type table") != std::string::npos);
    CHECK(refusal("[[limits]]\nqueues_max = 1\n").find("is a section") != std::string::npos);
}

TEST_CASE("a value out of range is refused with its bounds") {
    CHECK(refusal("[net]\nbacklog = 0\n") ==
          "z.toml:2:1: net.backlog = 0 is out of range; expected a whole number of connections "
          "from 1 to 65535");
    CHECK(refusal("[net]\nbacklog = -4\n").find("is negative") != std::string::npos);
    CHECK(refusal("[log]\nformat = 'xml'\n") ==
          "z.toml:2:1: log.format = 'xml' is not among its values; expected text or json");
}

TEST_CASE("what is no TOML is refused with line and column") {
    CHECK(refusal("[log\n").starts_with("z.toml:1:"));
    CHECK(refusal("[log]\nlevel = \n").starts_with("z.toml:2:"));
    CHECK(refusal("[log]\nlevel = 'info'\nlevel = 'info'\n").starts_with("z.toml:3:"));
    CHECK(refusal("a = \"\xff\"\n").starts_with("z.toml:1:"));
    CHECK(refusal("[net]\nbacklog = 99999999999999999999\n").starts_with("z.toml:2:"));
    CHECK(refusal("a = " + std::string(100'000, '[')).starts_with("z.toml:1:"));
}

TEST_CASE("a hostile name is shown escaped") {
    CHECK(refusal("\"a\\u001bb\" = 1\n") == "z.toml:1:1: unknown key 'a\\x1bb'");
}

TEST_CASE("the printed file is read back as the same settings") {
    Settings settings;
    settings.listen.endpoints = {"ipc://a \"quoted\" \\ path", "inproc://b"};
    settings.limits.memory_bytes_max = 9'223'372'036'854'775'807;
    settings.listen.allow_insecure_bind = true;
    settings.log.format = "json";
    const std::string text = config_file_text(settings);
    const auto read = parse(text);
    REQUIRE(read.ok());
    CHECK(config_file_text(*read) == text);
    CHECK(read->listen.endpoints == settings.listen.endpoints);
    CHECK(read->limits.memory_bytes_max == settings.limits.memory_bytes_max);
}
