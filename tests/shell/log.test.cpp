#include "broker/shell/log.h"

#include <string>

#include <catch2/catch.hpp>

namespace zex::shell {
namespace {

TEST_CASE("a text line reads as a sentence with named values") {
    CHECK(Log::line(Log::Form::text, "session opened",
                    {{"session", "s-1"}, {"client", "zex pub"}, {"epoch", 2u}}) ==
          R"(session opened session=s-1 client="zex pub" epoch=2)");
}

TEST_CASE("what a peer calls itself cannot forge a line") {
    const std::string evil = "x\n2026-01-01 info session opened \"\xff\x1b[2J";
    for (const auto form : {Log::Form::text, Log::Form::json}) {
        const std::string line = Log::line(form, "session opened", {{"client", evil}});
        CHECK(line.find('\n') == std::string::npos);
        CHECK(line.find('\x1b') == std::string::npos);
        CHECK(line.find('\xff') == std::string::npos);
    }
}

TEST_CASE("a JSON line quotes what JSON has to have quoted") {
    CHECK(Log::line(Log::Form::json, "e", {{"name", "a\"b\\c"}, {"n", 5u}}) ==
          R"("event":"e","name":"a\"b\\c","n":5)");
}

}  // namespace
}  // namespace zex::shell
