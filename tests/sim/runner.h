// Runs many seeds in a few processes, so that one that ends by a failed check costs only its seed.
#pragma once

#include <cstdint>

namespace zex::sim {

struct Plan {
    std::uint64_t from = 1;
    std::uint64_t seeds = 500;
    std::uint64_t steps = 2000;
    std::uint64_t jobs = 2;
};

/// Prints the first failure with its last steps; 0 where there is none.
int run_all(const Plan& plan);
int run_one(std::uint64_t seed, std::uint64_t steps, bool trace);
/// The trace hash of a run; throws where it failed.
std::uint64_t hash_of(std::uint64_t seed, std::uint64_t steps);

}  // namespace zex::sim
