#include <set>
#include <string>

#include <catch2/catch.hpp>

#include <zex/error.hpp>
#include <zex/result.hpp>

namespace zex {

TEST_CASE("every row of the error table has its own number, name and sentence") {
    std::set<std::string_view> names, sentences;
    std::set<unsigned> numbers;
    for (const ErrorInfo& row : error_table) {
        const auto number = static_cast<unsigned>(row.code);
        CHECK(names.insert(row.name).second);
        CHECK(numbers.insert(number).second);
        CHECK(sentences.insert(row.sentence).second);
        CHECK(number >= 100);
        CHECK(number < 800);
        CHECK_FALSE(row.sentence.ends_with("."));
        CHECK(&info(row.code) == &row);
        CHECK(error_code(number) == row.code);
    }
}

TEST_CASE("a number that is not in the table has no code and the row of bad_reply") {
    CHECK_FALSE(error_code(999));
    CHECK_FALSE(error_code(0));
    CHECK_FALSE(error_code(std::uint64_t{1} << 40));
    CHECK(info(static_cast<ErrorCode>(999)).code == ErrorCode::bad_reply);
}

TEST_CASE("an error as text has name, number, reason, field and offset") {
    Error plain = error(ErrorCode::no_such_queue, "no queue named 'a'");
    CHECK(plain.text() == "no_such_queue (201): no queue named 'a'");
    Error full{ErrorCode::malformed, "cut short", "headers", 17};
    CHECK(full.text() == "malformed (100): cut short [field headers] [byte 17]");
    CHECK(error(ErrorCode::in_use, "").text() == "in_use (302): it is in use");
    CHECK(error(ErrorCode::queue_full, "").may_retry());
    CHECK_FALSE(error(ErrorCode::bad_field, "").may_retry());
}

TEST_CASE("a result is a value or an error") {
    const Result<int> good = 7;
    REQUIRE(good.ok());
    CHECK(*good == 7);
    CHECK(good.value() == 7);

    const Result<int> bad = error(ErrorCode::timed_out, "too late");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::timed_out);
    CHECK_THROWS_AS(bad.value(), BadResult);
}

TEST_CASE("a status is success or an error") {
    const Status good;
    CHECK(good.ok());
    CHECK_NOTHROW(good.value());
    const Status bad = error(ErrorCode::in_use, "busy");
    REQUIRE_FALSE(bad);
    CHECK_THROWS_WITH(bad.value(), "in_use (302): busy");
}

}  // namespace zex
