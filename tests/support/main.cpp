// Catch2's main for every test program, compiled once. After the run it prints one line that
// `./dev test` adds up over all programs: "test cases: 12 passed, 0 failed".
#define CATCH_CONFIG_MAIN
#include <iostream>

#include <catch2/catch.hpp>

namespace {

class Tally : public Catch::TestEventListenerBase {
  public:
    using TestEventListenerBase::TestEventListenerBase;

    void testRunEnded(const Catch::TestRunStats& stats) override {
        const Catch::Counts& cases = stats.totals.testCases;
        std::cout << "\ntest cases: " << cases.passed + cases.failedButOk << " passed, "
                  << cases.failed << " failed" << std::endl;
    }
};

CATCH_REGISTER_LISTENER(Tally)

}  // namespace
