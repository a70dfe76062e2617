#include "broker/core/backlog.h"

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

facts::Place at(std::uint64_t sequence) {
    return {1, static_cast<std::uint32_t>(64 + sequence)};
}

/// With the sequences 0 to `last`.
Backlog backlog_to(std::uint64_t last) {
    Backlog backlog;
    for (std::uint64_t sequence = 0; sequence <= last; ++sequence) {
        backlog.push({sequence, at(sequence)});
    }
    return backlog;
}

std::vector<std::uint64_t> sequences(const Backlog& backlog) {
    std::vector<std::uint64_t> all;
    for (const Backlog::Entry& entry : backlog.first(backlog.size())) {
        CHECK(entry.place == at(entry.sequence));
        all.push_back(entry.sequence);
    }
    return all;
}

}  // namespace

TEST_CASE("a backlog gives its messages in their order, with their places", "[backlog]") {
    Backlog backlog = backlog_to(9999);
    backlog.push({20'000, at(20'000)});
    CHECK(backlog.size() == 10'001);
    for (std::uint64_t sequence = 0; sequence < 10'000; ++sequence) {
        REQUIRE(backlog.front().sequence == sequence);
        REQUIRE(backlog.front().place == at(sequence));
        backlog.pop();
    }
    CHECK(backlog.front().sequence == 20'000);
}

TEST_CASE("a message is found where it is, and not once it has left", "[backlog]") {
    Backlog backlog = backlog_to(5);
    backlog.pop();
    CHECK(backlog.find(0) == nullptr);
    REQUIRE(backlog.find(5) != nullptr);
    CHECK(*backlog.find(5) == at(5));
    CHECK(backlog.find(6) == nullptr);
}

TEST_CASE("a message is taken out of a backlog from anywhere", "[backlog]") {
    Backlog backlog = backlog_to(5);
    backlog.pop();
    CHECK(backlog.take(3) == at(3));
    CHECK_FALSE(backlog.take(3));
    CHECK_FALSE(backlog.take(0));
    CHECK(sequences(backlog) == std::vector<std::uint64_t>{1, 2, 4, 5});
    CHECK(backlog.take(1) == at(1));
    CHECK(backlog.take(5) == at(5));
    CHECK(sequences(backlog) == std::vector<std::uint64_t>{2, 4});
    CHECK(backlog.take(2) == at(2));
    CHECK(backlog.take(4) == at(4));
    CHECK(backlog.empty());
}

}  // namespace zex::core
