#include "broker/core/backlog.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

using Sequences = std::vector<std::uint64_t>;

/// With the sequences 0 to `last`.
Backlog backlog_to(std::uint64_t last) {
    Backlog backlog;
    for (std::uint64_t sequence = 0; sequence <= last; ++sequence) backlog.push(sequence);
    return backlog;
}

Sequences all(const Backlog& backlog) {
    return backlog.first(backlog.size(), UINT64_MAX);
}

}  // namespace

TEST_CASE("a backlog gives its messages in their order", "[backlog]") {
    Backlog backlog = backlog_to(9999);
    backlog.push(20'000);
    CHECK(backlog.size() == 10'001);
    for (std::uint64_t sequence = 0; sequence < 10'000; ++sequence) {
        REQUIRE(backlog.front() == sequence);
        backlog.pop();
    }
    CHECK(backlog.front() == 20'000);
}

TEST_CASE("the first of a backlog are as many as asked for, before an end", "[backlog]") {
    Backlog backlog = backlog_to(5);
    backlog.push({10, 12});
    CHECK(backlog.first(3, UINT64_MAX) == Sequences{0, 1, 2});
    CHECK(backlog.first(100, 11) == Sequences{0, 1, 2, 3, 4, 5, 10});
    CHECK(backlog.first(100, 0).empty());
}

TEST_CASE("a message is taken out of a backlog from anywhere", "[backlog]") {
    Backlog backlog = backlog_to(5);
    backlog.pop();
    CHECK(backlog.take(3));
    CHECK_FALSE(backlog.take(3));
    CHECK_FALSE(backlog.take(0));
    CHECK(all(backlog) == Sequences{1, 2, 4, 5});
    CHECK(backlog.take(1));
    CHECK(backlog.take(5));
    CHECK(all(backlog) == Sequences{2, 4});
    CHECK(backlog.take(2));
    CHECK(backlog.take(4));
    CHECK(backlog.empty());
    CHECK(backlog.size() == 0);
}

TEST_CASE("all of a backlog are taken as ranges", "[backlog]") {
    Backlog backlog = backlog_to(5);
    backlog.push({10, 12});
    const auto ranges = backlog.take_all();
    CHECK(ranges == std::deque<facts::SequenceRange>{{0, 5}, {10, 12}});
    CHECK(backlog.empty());
}

}  // namespace zex::core
