#include "tools/zex/table.h"

#include <catch2/catch.hpp>

using namespace zex::tool;
using nlohmann::json;

namespace {

const Rows rows = {
    json{{"name", "orders"}, {"ready", 12}, {"in_rate", 0.5}, {"oldest_ms", 1234}},
    json{{"name", "a"}, {"ready", 1500}, {"in_rate", 120.26}, {"oldest_ms", 0}},
};

}  // namespace

TEST_CASE("A table aligns names left and numbers right, and rounds for people") {
    CHECK(render(rows, {"name", "ready", "in_rate", "oldest_ms"}, Format::table) ==
          "NAME    READY  IN/s  OLDEST\n"
          "orders     12   0.5    1.2s\n"
          "a        1500   120       0\n");
}

TEST_CASE("A table without rows is its header") {
    CHECK(render({}, {"name", "ready"}, Format::table) == "NAME  READY\n");
}

TEST_CASE("No control character of a name reaches the table") {
    const Rows hostile = {json{{"name", "a\x1b[2J\nb\x7f\xc2\x9b"}, {"ready", 1}}};
    CHECK(render(hostile, {"name", "ready"}, Format::table) ==
          "NAME                   READY\n"
          "a\\x1b[2J\\x0ab\\x7f\\x9b      1\n");
}

TEST_CASE("Columns stay in line under names of several bytes a character") {
    const Rows names = {json{{"name", "größe"}, {"kind", "x"}}, json{{"name", "a"}, {"kind", "y"}}};
    CHECK(render(names, {"name", "kind"}, Format::table) ==
          "NAME   KIND\n"
          "größe  x\n"
          "a      y\n");
}

TEST_CASE("Wide characters take two columns, and combining ones none") {
    const Rows names = {json{{"name", "猫🐈"}, {"kind", "x"}},
                        json{{"name", "e\xcc\x81"}, {"kind", "y"}}};
    CHECK(render(names, {"name", "kind"}, Format::table) ==
          "NAME  KIND\n"
          "猫🐈  x\n"
          "e\xcc\x81     y\n");
}

TEST_CASE("Names that look alike are told apart") {
    const Rows names = {json{{"name", "orders"}}, json{{"name", "\xd0\xberders"}},
                        json{{"name", "orders\xe2\x80\x8b"}}, json{{"name", "\xd0\xbe\xd0\xbd"}}};
    CHECK(render(names, {"name"}, Format::table) ==
          "NAME\norders\n\\u{043e}rders\norders\\u{200b}\n\xd0\xbe\xd0\xbd\n");
}

TEST_CASE("A table too wide loses its lesser columns, then the ends of long names") {
    const Rows wide = {json{{"name", "a-very-long-name-of-a-queue"}, {"ready", 1}, {"type", "x"}}};
    const Fields fields = {"name", "type", "ready"};
    CHECK(render_table(wide, fields, false, {40, 0, {"type"}}) ==
          "NAME                         TYPE  READY\na-very-long-name-of-a-queue  x         1\n");
    CHECK(render_table(wide, fields, false, {34, 0, {"type"}}) ==
          "NAME                         READY\na-very-long-name-of-a-queue      1\n");
    CHECK(render_table(wide, fields, false, {25, 0, {"type"}}) ==
          "NAME                READY\na-very-long-name-…      1\n");
    // What is a sentence is never cut.
    const Rows why = {json{{"queue", "q"}, {"reason", std::string(200, 'r')}}};
    CHECK(render_table(why, {"queue", "reason"}, false, {80, 0, {}}).size() > 200);
}

TEST_CASE("A table too long keeps its head and counts the rest") {
    Rows many;
    for (int i = 0; i < 10; ++i) many.push_back(json{{"name", "q" + std::to_string(i)}});
    CHECK(render_table(many, {"name"}, false, {80, 5, {}}) ==
          "NAME\nq0\nq1\nq2\n… 7 more, --all\n");
    CHECK(render_table(many, {"name"}, false, {80, 11, {}}).find("more") == std::string::npos);
}

TEST_CASE("A missing value is a dash, an empty key is shown as quotes, a flag as yes or no") {
    const Rows bindings = {json{{"key", ""}, {"session", ""}, {"no_ack", true}},
                           json{{"key", "k"}, {"session", "s"}, {"no_ack", false}, {"more", 1}}};
    CHECK(render(bindings, {"key", "session", "no_ack", "more"}, Format::table) ==
          "KEY  SESSION  NO_ACK  MORE\n"
          "\"\"   -        yes        -\n"
          "k    s        no         1\n");
}

TEST_CASE("A state to worry about is coloured on request only") {
    const Rows states = {json{{"state", "full"}}, json{{"state", "ok"}}};
    CHECK(render_table(states, {"state"}, false) == "STATE\nfull\nok\n");
    CHECK(render_table(states, {"state"}, true) ==
          "\x1b[1mSTATE\x1b[0m\n\x1b[31mfull\x1b[0m\nok\n");
}

TEST_CASE("Numbers stay numbers in JSON and columns keep their order") {
    const std::string text = render(rows, {"ready", "oldest_ms", "name"}, Format::json);
    CHECK(text ==
          "[\n"
          "  {\n    \"ready\": 12,\n    \"oldest_ms\": 1234,\n    \"name\": \"orders\"\n  },\n"
          "  {\n    \"ready\": 1500,\n    \"oldest_ms\": 0,\n    \"name\": \"a\"\n  }\n"
          "]\n");
    CHECK(json::parse(text).at(0).at("ready").is_number_unsigned());
}

TEST_CASE("No rows are an empty array in JSON and nothing in JSON lines") {
    CHECK(render({}, {"name"}, Format::json) == "[]\n");
    CHECK(render({}, {"name"}, Format::jsonl).empty());
}

TEST_CASE("JSON lines are one object a line, with null for what a row lacks") {
    const Rows two = {json{{"name", "a\nb"}},
                      json{{"name", "c"}, {"ready", 18446744073709551615U}}};
    CHECK(render(two, {"name", "ready"}, Format::jsonl) ==
          "{\"name\":\"a\\nb\",\"ready\":null}\n"
          "{\"name\":\"c\",\"ready\":18446744073709551615}\n");
}

TEST_CASE("CSV quotes commas, quotes and line ends, and doubles quotes") {
    const Rows odd = {json{{"name", "plain"}, {"ready", 1}}, json{{"name", "a,b"}, {"ready", 2}},
                      json{{"name", "say \"hi\""}, {"ready", nullptr}},
                      json{{"name", "two\nlines"}, {"auto_delete", true}, {"ready", 2.5}}};
    CHECK(render(odd, {"name", "ready", "auto_delete"}, Format::csv) ==
          "name,ready,auto_delete\n"
          "plain,1,\n"
          "\"a,b\",2,\n"
          "\"say \"\"hi\"\"\",,\n"
          "\"two\nlines\",2.5,true\n");
}

TEST_CASE("Repeated CSV blocks need no second header") {
    CHECK(render_csv({json{{"name", "a"}}}, {"name"}, false) == "a\n");
}

TEST_CASE("A format is found by its name") {
    CHECK(format_named("jsonl") == Format::jsonl);
    CHECK_FALSE(format_named("yaml"));
}
