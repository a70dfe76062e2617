// 500 seeds of the simulation, the same seed twice, and the planted faults, which must still apply.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/sim/runner.h"

namespace zex::sim {
namespace {

TEST_CASE("sim: everything is as promised, whatever goes wrong") {
    Plan plan;
    plan.seeds = 500;
    CHECK(run_all(plan) == 0);
}

TEST_CASE("sim: the same seed goes the same way") {
    std::vector<std::uint64_t> first;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) first.push_back(hash_of(seed, 1000));
    const std::vector<char> other_addresses(123'457);
    for (std::uint64_t seed = 10; seed >= 1; --seed) {
        CHECK(hash_of(seed, 1000) == first[seed - 1]);
    }
    CHECK(first[0] != first[1]);
}

TEST_CASE("sim: each planted fault still applies") {
    std::size_t patches = 0;
    const std::string root = ZEX_SOURCE_ROOT;
    for (const auto& entry : std::filesystem::directory_iterator(root + "/tests/sim/planted")) {
        if (entry.path().extension() != ".patch") continue;
        ++patches;
        INFO(entry.path());
        const std::string command = "patch --dry-run --silent -p1 -d '" + root + "' < '" +
                                    entry.path().string() + "' > /dev/null";
        CHECK(std::system(command.c_str()) == 0);
    }
    CHECK(patches >= 25);
}

}  // namespace
}  // namespace zex::sim
