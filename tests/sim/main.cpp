// sim [--seeds N] [--from S] [--steps N] [--jobs N] [--seed S [--trace]]: runs the simulation.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/sim/runner.h"

int main(int argc, char** argv) {
    zex::sim::Plan plan;
    bool trace = false;
    std::uint64_t seed = 0;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--trace") {
            trace = true;
            continue;
        }
        if (i + 1 == argc) {
            std::fprintf(stderr, "sim: %s needs a number\n", name.c_str());
            return 2;
        }
        const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
        if (name == "--seeds") {
            plan.seeds = value;
        } else if (name == "--from") {
            plan.from = value;
        } else if (name == "--steps") {
            plan.steps = value;
        } else if (name == "--jobs") {
            plan.jobs = value;
        } else if (name == "--seed") {
            seed = value;
        } else {
            std::fprintf(stderr, "sim: no option is named %s\n", name.c_str());
            return 2;
        }
    }
    return seed != 0 ? zex::sim::run_one(seed, plan.steps, trace) : zex::sim::run_all(plan);
}
