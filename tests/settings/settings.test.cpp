#include "broker/settings.h"

#include <set>

#include <catch2/catch.hpp>

using namespace zex;

namespace {

const Option& option(std::string_view key) {
    for (const Option& row : option_table()) {
        if (row.key == key) return row;
    }
    FAIL("no option " << key);
    return option_table().front();
}

Status listen_on(std::string endpoint, bool allow = false) {
    Settings settings;
    settings.listen.endpoints = {std::move(endpoint)};
    settings.listen.allow_insecure_bind = allow;
    return check_settings(settings);
}

}  // namespace

TEST_CASE("the defaults pass their own bounds and checks") {
    Settings settings;
    for (const Option& row : option_table()) {
        INFO(row.key);
        CHECK(assign(row, row.value({}), "default", settings).ok());
    }
    CHECK(check_settings(settings).ok());
}

TEST_CASE("keys, flags and variables are each used once, and fields too") {
    std::set<std::string> names;
    std::set<const void*> fields;
    Settings settings;
    for (const Option& row : option_table()) {
        names.insert(std::string(row.key));
        names.insert(row.flag());
        names.insert(row.variable());
        fields.insert(
            std::visit([](auto* at) { return static_cast<const void*>(at); }, row.field(settings)));
    }
    CHECK(names.size() == 3 * option_table().size());
    CHECK(fields.size() == option_table().size());
}

TEST_CASE("flag and variable are made from the key") {
    CHECK(option("limits.queues_max").flag() == "--limits-queues-max");
    CHECK(option("limits.queues_max").variable() == "ZEXD_LIMITS_QUEUES_MAX");
    CHECK(option("listen.endpoints").flag() == "--listen");
    CHECK(option("log.level").flag() == "--log-level");
}

TEST_CASE("an option says what it expects") {
    CHECK(option("net.io_threads").expected() == "a whole number of threads from 1 to 64");
    CHECK(option("limits.memory_bytes_max").expected() == "a whole number of bytes, at least 0");
    CHECK(option("log.format").expected() == "text or json");
    CHECK(option("log.level").expected() == "debug, info, warn or error");
    CHECK(option("listen.endpoints").expected() == "a list of 1 to 100 strings");
    CHECK(option("listen.allow_insecure_bind").expected() == "true or false");
}

TEST_CASE("a number is taken at its bounds and refused beyond them") {
    Settings settings;
    const Option& row = option("net.io_threads");
    CHECK(assign_text(row, "1", "here", settings).ok());
    CHECK(assign_text(row, "64", "here", settings).ok());
    CHECK(settings.net.io_threads == 64);
    for (const char* text : {"0", "65", "-1", "", "3 ", "0x3", "1e3", "99999999999999999999"}) {
        INFO(text);
        const Status refused = assign_text(row, text, "here", settings);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().code == ErrorCode::bad_argument);
        CHECK(refused.error().field == "net.io_threads");
    }
    CHECK(settings.net.io_threads == 64);
}

TEST_CASE("a value of the wrong type is refused with what was expected") {
    Settings settings;
    const Status refused = assign(option("net.io_threads"), std::string("two"), "here", settings);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().reason ==
          "here = \"two\" has the wrong type; expected a whole number of threads from 1 to 64");
}

TEST_CASE("a switch takes the usual words and no others") {
    Settings settings;
    const Option& row = option("listen.allow_insecure_bind");
    for (const char* text : {"true", "1", "yes", "on"}) {
        settings.listen.allow_insecure_bind = false;
        CHECK(assign_text(row, text, "here", settings).ok());
        CHECK(settings.listen.allow_insecure_bind);
    }
    for (const char* text : {"false", "0", "no", "off"}) {
        settings.listen.allow_insecure_bind = true;
        CHECK(assign_text(row, text, "here", settings).ok());
        CHECK_FALSE(settings.listen.allow_insecure_bind);
    }
    CHECK_FALSE(assign_text(row, "maybe", "here", settings).ok());
}

TEST_CASE("a list is split at commas, and empty or hostile items are refused") {
    Settings settings;
    const Option& row = option("listen.endpoints");
    CHECK(assign_text(row, "tcp://127.0.0.1:1,inproc://a", "here", settings).ok());
    CHECK(settings.listen.endpoints == std::vector<std::string>{"tcp://127.0.0.1:1", "inproc://a"});
    CHECK_FALSE(assign_text(row, "", "here", settings).ok());
    CHECK_FALSE(assign_text(row, "inproc://a,,inproc://b", "here", settings).ok());
    CHECK_FALSE(assign_text(row, "inproc://a\x01", "here", settings).ok());
    CHECK_FALSE(assign_text(row, "inproc://\xff", "here", settings).ok());
    CHECK_FALSE(assign(row, std::vector<std::string>(101, "inproc://a"), "here", settings).ok());
    CHECK_FALSE(assign(row, std::vector<std::string>{}, "here", settings).ok());
}

TEST_CASE("endpoints of this machine alone need no permission") {
    for (const char* endpoint :
         {"tcp://127.0.0.1:5695", "tcp://127.255.3.4:0", "tcp://localhost:*", "tcp://[::1]:65535",
          "ipc:///tmp/zexd.sock", "ipc://@zexd", "inproc://broker"}) {
        INFO(endpoint);
        CHECK(listen_on(endpoint).ok());
    }
}

TEST_CASE("endpoints that other machines reach are refused by name unless allowed") {
    for (const char* endpoint : {"tcp://*:5695", "tcp://0.0.0.0:5695", "tcp://10.0.0.1:1",
                                 "tcp://[::]:1", "tcp://eth0:5695", "tcp://127.0.0.1.example.org:1",
                                 "tcp://127.1:1", "tcp://127.0.0.256:1", "tcp://[::2]:5"}) {
        INFO(endpoint);
        const Status refused = listen_on(endpoint);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().field == "listen.endpoints");
        CHECK(refused.error().reason.find(endpoint) != std::string::npos);
        CHECK(refused.error().reason.find("--allow-insecure-bind") != std::string::npos);
        CHECK(listen_on(endpoint, true).ok());
    }
}

TEST_CASE("what is no endpoint is refused even where insecure ones are allowed") {
    for (const char* endpoint :
         {"", "5695", "127.0.0.1:5695", "tcp://", "tcp://127.0.0.1", "tcp://:5695",
          "tcp://127.0.0.1:", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1", "tcp://127.0.0.1:1x",
          "udp://127.0.0.1:1", "pgm://127.0.0.1:1", "ipc://", "inproc://", "TCP://127.0.0.1:1"}) {
        INFO(endpoint);
        CHECK_FALSE(listen_on(endpoint, true).ok());
    }
    CHECK_FALSE(listen_on("ipc:///" + std::string(107, 'a')).ok());
    CHECK(listen_on("ipc:///" + std::string(106, 'a')).ok());
}

TEST_CASE("values that bound each other must agree") {
    Settings settings;
    settings.delivery.credit = 11;
    settings.delivery.credit_max = 10;
    const Status refused = check_settings(settings);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().field == "delivery.credit");
    CHECK(
        refused.error().reason ==
        "delivery.credit = 11 is more than delivery.credit_max = 10; lower the first or raise the "
        "second");

    settings = {};
    settings.session.heartbeat_ms = settings.session.heartbeat_timeout_ms + 1;
    CHECK_FALSE(check_settings(settings).ok());
    settings = {};
    settings.limits.unread_bytes_max = settings.limits.message_bytes_max - 1;
    CHECK_FALSE(check_settings(settings).ok());
}
