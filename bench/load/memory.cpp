#include "bench/load/memory.h"

#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/load_publisher.h"
#include "bench/load/process_cost.h"

namespace bench {
namespace {

// Garbage collectors and page faults go on for a while: wait until two looks agree, 3 s at most.
double settled_resident(int pid) {
    double last = 0;
    for (int look = 0; look < 10; ++look) {
        const auto now = static_cast<double>(ProcessCost::of(pid).resident_bytes);
        if (std::abs(now - last) < 64 * 1024) return now;
        last = now;
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    return last;
}

std::unique_ptr<Driver> driver_for(const Plan& plan) {
    auto driver = make_driver(plan);
    if (!driver) fail("no system is called " + plan.system);
    return driver;
}

std::vector<std::unique_ptr<Idle>> connections(Driver& driver, std::uint64_t count) {
    std::vector<std::unique_ptr<Idle>> all;
    while (all.size() < count) {
        all.push_back(driver.idle());
        if (!all.back()) fail("this system has no idle connections to measure");
    }
    return all;
}

void fill(const Plan& plan, Driver& driver, std::uint64_t messages) {
    Plan load = plan;
    load.messages = messages;
    const auto publisher = driver.publisher(0);
    LoadPublisher(load, *publisher, 0).run();
}

}  // namespace

Memory measure_memory(Plan plan, const std::string& what, std::uint64_t count) {
    plan.queues = what == "queue" ? static_cast<unsigned>(count) : 1;
    const auto driver = driver_for(plan);
    // The first of a kind pays for what all share.
    std::vector<std::unique_ptr<Idle>> idle;
    if (what == "connection") idle = connections(*driver, 10);
    if (what == "message") {
        driver->prepare();
        fill(plan, *driver, 1000);
    }

    const double before = settled_resident(plan.server_pid);
    std::vector<std::unique_ptr<Idle>> more;
    if (what == "connection")
        more = connections(*driver, count);
    else if (what == "queue")
        driver->prepare();
    else if (what == "message")
        fill(plan, *driver, count);
    else
        fail("memory of what? connection, queue or message");
    const double after = settled_resident(plan.server_pid);
    return {count, (after - before) / static_cast<double>(count)};
}

}  // namespace bench
