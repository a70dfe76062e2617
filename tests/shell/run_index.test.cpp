#include "broker/shell/run_index.h"

#include <catch2/catch.hpp>

namespace zex::shell {

TEST_CASE("each consumer is found under the number that it was given") {
    RunIndex index;
    for (const std::uint64_t step : {1U, 32U, 1000U}) {
        for (std::size_t i = 0; i < 300; ++i) {
            const ConsumerId consumer(1 + i * step);
            CHECK_FALSE(index.find(consumer));
            index.add(consumer);
            CHECK(index.find(consumer) == i);
        }
        for (std::size_t i = 0; i < 300; ++i) CHECK(index.find(ConsumerId(1 + i * step)) == i);
        CHECK_FALSE(index.find(ConsumerId(1 + 300 * step)));
        index.clear();
        CHECK_FALSE(index.find(ConsumerId(1)));
    }
}

TEST_CASE("an index of thousands is empty after it is cleared, too") {
    RunIndex index;
    for (std::uint64_t i = 1; i <= 5000; ++i) index.add(ConsumerId(i));
    CHECK(index.find(ConsumerId(5000)) == 4999U);
    index.clear();
    CHECK_FALSE(index.find(ConsumerId(5000)));
    index.add(ConsumerId(7));
    CHECK(index.find(ConsumerId(7)) == 0U);
}

}  // namespace zex::shell
