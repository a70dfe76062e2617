#include "tests/sim/runner.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/failure.h"
#include "tests/sim/world.h"

namespace zex::sim {
namespace {

/// What a process tells the one that started it.
struct Report {
    std::uint64_t seed;  ///< at work
    std::uint64_t runs;
    std::uint64_t steps;
    std::uint64_t failed_seed;
    std::uint64_t failed_step;
    char failure[300];
};

void run_share(const Plan& plan, std::uint64_t first, Report& report) {
    for (std::uint64_t i = first; i < plan.seeds; i += plan.jobs) {
        report.seed = plan.from + i;
        World world(report.seed, false);
        const Outcome outcome = world.run(plan.steps);
        ++report.runs;
        report.steps += outcome.steps;
        if (outcome.failure.empty()) continue;
        report.failed_seed = report.seed;
        report.failed_step = outcome.steps;
        std::snprintf(report.failure, sizeof report.failure, "%s", outcome.failure.c_str());
        return;
    }
}

}  // namespace

int run_all(const Plan& plan) {
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t size = plan.jobs * sizeof(Report);
    void* shared = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 2;
    Report* reports = static_cast<Report*>(shared);
    std::vector<pid_t> processes;
    for (std::uint64_t job = 0; job < plan.jobs; ++job) {
        const pid_t process = fork();
        if (process < 0) return 2;
        if (process == 0) {
            run_share(plan, job, reports[job]);
            _exit(0);
        }
        processes.push_back(process);
    }
    std::uint64_t runs = 0;
    std::uint64_t steps = 0;
    int result = 0;
    for (std::uint64_t job = 0; job < plan.jobs; ++job) {
        Report& report = reports[job];
        int status = 0;
        waitpid(processes[job], &status, 0);
        if (WIFSIGNALED(status)) {
            report.failed_seed = report.seed;
            std::snprintf(report.failure, sizeof report.failure, "signal %d", WTERMSIG(status));
        }
        runs += report.runs;
        steps += report.steps;
        if (report.failed_seed == 0) continue;
        result = 1;
        std::printf("seed %llu failed at step %llu: %s\n",
                    static_cast<unsigned long long>(report.failed_seed),
                    static_cast<unsigned long long>(report.failed_step), report.failure);
    }
    munmap(shared, size);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%llu seeds, %llu steps in %.1f s: %s\n", static_cast<unsigned long long>(runs),
                static_cast<unsigned long long>(steps), took.count(),
                result == 0 ? "all as promised" : "FAILED");
    return result;
}

int run_one(std::uint64_t seed, std::uint64_t steps, bool trace) {
    if (trace) std::setvbuf(stdout, nullptr, _IOLBF, 0);
    World world(seed, trace);
    const Outcome outcome = world.run(steps);
    std::printf("seed %llu, %llu steps, hash %016llx: %s\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.steps),
                static_cast<unsigned long long>(outcome.hash),
                outcome.failure.empty() ? "all as promised" : outcome.failure.c_str());
    return outcome.failure.empty() ? 0 : 1;
}

std::uint64_t hash_of(std::uint64_t seed, std::uint64_t steps) {
    const Outcome outcome = World(seed, false).run(steps);
    if (!outcome.failure.empty()) throw Failure(outcome.failure);
    return outcome.hash;
}

}  // namespace zex::sim
