#include "broker/core/fifo.h"

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace zex::core {
namespace {

std::vector<int> all(const Fifo<int>& fifo) {
    std::vector<int> seen;
    fifo.each([&seen](int element) {
        seen.push_back(element);
        return true;
    });
    return seen;
}

}  // namespace

TEST_CASE("a fifo gives its elements in the order of their coming", "[fifo]") {
    Fifo<int> fifo;
    int pushed = 0;
    int popped = 0;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i < round; ++i) fifo.push() = pushed++;
        for (int i = 0; i < round - 1; ++i, ++popped, fifo.pop()) REQUIRE(fifo.front() == popped);
        REQUIRE(fifo.size() == static_cast<std::size_t>(pushed - popped));
    }
    for (; !fifo.empty(); ++popped, fifo.pop()) REQUIRE(fifo.front() == popped);
    CHECK(popped == pushed);
}

TEST_CASE("a fifo is walked from the first to the last, or as far as wanted", "[fifo]") {
    Fifo<int> fifo;
    for (int i = 0; i < 100; ++i) fifo.push() = i;
    fifo.pop();
    const std::vector<int> seen = all(fifo);
    CHECK(seen.size() == 99);
    CHECK(seen.front() == 1);
    CHECK(seen.back() == 99);
    int visits = 0;
    fifo.each([&visits](int) { return ++visits < 5; });
    CHECK(visits == 5);
}

TEST_CASE("what leaves a fifo is destroyed then, and the rest with the fifo", "[fifo]") {
    const auto watched = std::make_shared<std::string>("x");
    {
        Fifo<std::shared_ptr<std::string>> fifo;
        for (int i = 0; i < 100; ++i) fifo.push() = watched;
        fifo.pop();
        CHECK(watched.use_count() == 100);
    }
    CHECK(watched.use_count() == 1);
}

TEST_CASE("an element of a fifo stays where it is while others come and go", "[fifo]") {
    Fifo<int> fifo;
    for (int i = 0; i < 10; ++i) fifo.push() = i;
    const int* last = &fifo.back();
    for (int i = 10; i < 1000; ++i) fifo.push() = i;
    for (int i = 0; i < 9; ++i) fifo.pop();
    CHECK(&fifo.front() == last);
    CHECK(*last == 9);
}

}  // namespace zex::core
