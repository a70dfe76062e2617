#include <catch2/catch.hpp>

#include "tools/zex/duration.h"
#include "tools/zex/exit_codes.h"
#include "tools/zex/printable.h"
#include "tools/zex/progress.h"

using namespace zex::tool;
using std::chrono::milliseconds;

TEST_CASE("A duration is a number of seconds unless it has a unit") {
    CHECK(*parse_duration("5") == milliseconds(5000));
    CHECK(*parse_duration("1.5") == milliseconds(1500));
    CHECK(*parse_duration("500ms") == milliseconds(500));
    CHECK(*parse_duration("2m") == milliseconds(120'000));
    CHECK(*parse_duration("1h") == milliseconds(3'600'000));
    CHECK(*parse_duration("0") == milliseconds(0));
}

TEST_CASE("What is no duration is refused") {
    for (const char* text : {"", "x", "-1", "1d", "1 s", "nan", "inf", "1e30", "1001h", "5ss"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text).ok());
    }
}

TEST_CASE("Durations are shown in the unit that fits") {
    CHECK(human_duration(0) == "0");
    CHECK(human_duration(15) == "15ms");
    CHECK(human_duration(1234) == "1.2s");
    CHECK(human_duration(59'999) == "59.9s");
    CHECK(human_duration(200'000) == "3m20s");
    CHECK(human_duration(7'500'000) == "2h05m");
    CHECK(human_duration(356'400'000) == "4d03h");
}

TEST_CASE("Rates have a decimal below a hundred") {
    CHECK(human_rate(0) == "0");
    CHECK(human_rate(0.44) == "0.4");
    CHECK(human_rate(12.5) == "12.5");
    CHECK(human_rate(99.96) == "100");
    CHECK(human_rate(1350.2) == "1350");
}

TEST_CASE("Large numbers are grouped by thousands") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(1234567) == "1,234,567");
}

TEST_CASE("Bytes that are not UTF-8 are shown as hexadecimal, tabs on request as they are") {
    CHECK(printable("a\xff\xfe"
                    "b\tc") == "a\\xff\\xfeb\\x09c");
    std::string line;
    append_printable(line, "a\tb\n", true);
    CHECK(line == "a\tb\\x0a");
}

TEST_CASE("Shortened text keeps whole characters") {
    CHECK(shortened("größe", 5) == "größe");
    CHECK(shortened("größen", 5) == "größ…");
}

TEST_CASE("JSON text carries no terminal control and no invalid byte") {
    const nlohmann::ordered_json value = {{"a", "x\x7f\xc2\x9bz\x1b"}, {"b", "\xff"}};
    const std::string text = json_text(value);
    CHECK(text == "{\"a\":\"x\\u007f\\u009bz\\u001b\",\"b\":\"\xef\xbf\xbd\"}");
    CHECK(nlohmann::ordered_json::parse(text)["a"] == value["a"]);
}

TEST_CASE("Each family of errors has its exit code") {
    using zex::ErrorCode;
    CHECK(exit_code(ErrorCode::bad_argument) == Exit{64});
    for (const auto refused : {ErrorCode::unroutable, ErrorCode::no_such_exchange,
                               ErrorCode::no_such_queue, ErrorCode::properties_differ,
                               ErrorCode::queue_full, ErrorCode::disk_full, ErrorCode::bad_name}) {
        CHECK(exit_code(refused) == Exit{65});
    }
    CHECK(exit_code(ErrorCode::not_connected) == Exit{69});
    CHECK(exit_code(ErrorCode::timed_out) == Exit{75});
    CHECK(exit_code(ErrorCode::shutting_down) == Exit{75});
    CHECK(exit_code(ErrorCode::starting) == Exit{75});
    CHECK(exit_code(ErrorCode::storage_failed) == Exit{74});
    CHECK(exit_code(ErrorCode::unsupported_version) == Exit{76});
    CHECK(exit_code(ErrorCode::not_permitted) == Exit{77});
    CHECK(exit_code(ErrorCode::queue_is_exclusive) == Exit{77});
}

TEST_CASE("No error maps to success or to an exit code that the manual does not name") {
    for (const zex::ErrorInfo& row : zex::error_table) {
        const int code = static_cast<int>(exit_code(row.code));
        INFO(row.name << " gives " << code);
        CHECK((code == 64 || code == 65 || code == 69 || code == 74 || code == 75 || code == 76 ||
               code == 77));
    }
}

TEST_CASE("Progress tells part, rate and time left, and fits the line") {
    const std::string line =
        progress_line(5000, 5000, 20000, std::chrono::duration<double>(2.0), 100);
    CHECK(line == "[#######.......................] 25%  5,000 messages  2,500/s  6.0s left");
    CHECK(progress_line(5000, 5000, 20000, std::chrono::duration<double>(2.0), 45) ==
          "25%  5,000 messages  2,500/s  6.0s left");
}

TEST_CASE("Progress of unknown length tells number and rate") {
    CHECK(progress_line(300, 9000, 0, std::chrono::duration<double>(2.0), 80) ==
          "300 messages  150/s");
}
