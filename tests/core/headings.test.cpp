#include "broker/core/headings.h"

#include <string>

#include <catch2/catch.hpp>

namespace zex::core {

TEST_CASE("a heading used lately is given again", "[headings]") {
    Headings headings;
    const HeadingRef first = headings.get(1, "x", "k", "p");
    const HeadingRef other = headings.get(2, "x", "l", "p");
    CHECK(other->is("x", "l", "p"));
    CHECK(headings.get(1, "x", "k", "p").get() == first.get());
    CHECK(headings.get(2, "x", "l", "p").get() == other.get());
}

TEST_CASE("another heading at the same place is told apart", "[headings]") {
    Headings headings;
    const HeadingRef first = headings.get(1, "x", "k", "p");
    CHECK(headings.get(1, "y", "k", "p")->is("y", "k", "p"));
    CHECK(headings.get(1, "x", "l", "p")->is("x", "l", "p"));
    CHECK(headings.get(1, "x", "k", "")->is("x", "k", ""));
    CHECK(first->is("x", "k", "p"));
}

TEST_CASE("a large heading is made but not kept", "[headings]") {
    Headings headings;
    const std::string properties(1000, 'p');
    const HeadingRef small = headings.get(1, "x", "k", "");
    const HeadingRef large = headings.get(1, "x", "k", properties);
    CHECK(large->is("x", "k", properties));
    CHECK(headings.get(1, "x", "k", properties).get() != large.get());
    CHECK(headings.get(1, "x", "k", "").get() == small.get());
}

}  // namespace zex::core
