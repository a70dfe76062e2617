#include "common/base/text.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

namespace zex {

TEST_CASE("well-formed UTF-8 has no bad byte") {
    for (const char* text : {"", "plain", "ü", "€", "\xf0\x90\x8d\x88", "\xed\x9f\xbf",
                             "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        CHECK_FALSE(find_bad_utf8(text));
    }
}

TEST_CASE("the first byte that is not UTF-8 is found") {
    CHECK(find_bad_utf8("ab\xff") == 2);
    CHECK(find_bad_utf8("\x80") == 0);              // a continuation without a start
    CHECK(find_bad_utf8("a\xc3") == 1);             // cut
    CHECK(find_bad_utf8("\xc0\x80") == 0);          // overlong
    CHECK(find_bad_utf8("\xe0\x9f\xbf") == 0);      // overlong
    CHECK(find_bad_utf8("\xf0\x8f\xbf\xbf") == 0);  // overlong
    CHECK(find_bad_utf8("\xed\xa0\x80") == 0);      // a surrogate
    CHECK(find_bad_utf8("\xf4\x90\x80\x80") == 0);  // above U+10FFFF
    CHECK(find_bad_utf8("\xf5\x80\x80\x80") == 0);
    CHECK(find_bad_utf8("ok \xc3\xbc \xe2\x82") == 6);
}

TEST_CASE("a name is 1 to 255 bytes of UTF-8 without control characters") {
    CHECK_FALSE(check_name("a", "queue"));
    CHECK_FALSE(check_name(std::string(255, 'n'), "queue"));
    CHECK_FALSE(check_name("Größe 5", "queue"));
    for (const std::string& name : {std::string(), std::string(256, 'n'), std::string("a\0b", 3),
                                    std::string("a\n"), std::string("\x7f"), std::string("\xff")}) {
        const auto fault = check_name(name, "queue");
        REQUIRE(fault);
        CHECK(fault->code == ErrorCode::bad_name);
        CHECK(fault->field == "queue");
        CHECK_FALSE(find_bad_utf8(fault->reason));
    }
}

TEST_CASE("a key may be empty and is otherwise as a name") {
    CHECK_FALSE(check_key("", "key"));
    CHECK_FALSE(check_key("a.b", "key"));
    CHECK(check_key("a\tb", "key"));
    CHECK(check_key(std::string(256, 'k'), "key"));
}

TEST_CASE("names of the broker's own are reserved") {
    for (const char* name : {"$x", "amq.direct", "zex.q"}) CHECK(is_reserved_name(name));
    for (const char* name : {"", "amq", "zex", "x$", "amqx"}) CHECK_FALSE(is_reserved_name(name));
}

TEST_CASE("escaped text is printable and bounded") {
    CHECK(escaped("plain ü") == "plain ü");
    CHECK(escaped(std::string_view("a\0\n\xff", 4)) == "a\\x00\\x0a\\xff");
    const std::string cut = escaped(std::string(1000, 'x'), 10);
    CHECK(cut.starts_with("xxxxxxxxxx"));
    CHECK(cut.size() < 20);
}

TEST_CASE("edits are insertions, deletions, replacements and swaps") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("queue", "queue") == 0);
    CHECK(edit_distance("queue", "queu") == 1);
    CHECK(edit_distance("queue", "qeuue") == 1);
    CHECK(edit_distance("queue", "quere") == 1);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "xyz") == 3);
}

TEST_CASE("the nearest candidate is within two edits or there is none") {
    const std::array<std::string_view, 3> words = {"publish", "purge", "peek"};
    CHECK(nearest("publsh", words) == "publish");
    CHECK(nearest("prugee", words) == "purge");
    CHECK_FALSE(nearest("consume", words));
    CHECK_FALSE(nearest("", words));
    CHECK_FALSE(nearest("x", words));
}

}  // namespace zex
