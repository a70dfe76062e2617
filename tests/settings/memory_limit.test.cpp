#include "broker/memory_limit.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

/// A root directory with just the files that a test puts there; gone with the object.
class Root {
  public:
    Root() { std::filesystem::create_directories(path_); }
    ~Root() { std::filesystem::remove_all(path_); }

    Root& put(const std::string& file, const std::string& text) {
        const std::filesystem::path path = path_ + file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
        return *this;
    }
    std::uint64_t limit() const { return zex::resolve_memory_limit(0, path_); }

  private:
    std::string path_ = "memory-limit-test-" + std::to_string(::getpid());
};

const std::string ten_gib_machine = "MemFree: 5 kB\nMemTotal:       10485760 kB\n";

}  // namespace

TEST_CASE("a configured memory limit stands") {
    CHECK(zex::resolve_memory_limit(17) == 17);
}

TEST_CASE("without a limit it is 40 % of the machine's memory") {
    Root root;
    root.put("/proc/meminfo", ten_gib_machine);
    CHECK(root.limit() == 4 * gib);
}

TEST_CASE("a control group of version 2 that has less goes before the machine") {
    Root root;
    root.put("/proc/meminfo", ten_gib_machine)
        .put("/proc/self/cgroup", "0::/system.slice/zexd.service\n")
        .put("/sys/fs/cgroup/system.slice/zexd.service/memory.max", "5368709120\n");
    CHECK(root.limit() == 2 * gib);
}

TEST_CASE("the smallest limit on the way up counts, and max is none") {
    Root root;
    root.put("/proc/meminfo", ten_gib_machine)
        .put("/proc/self/cgroup", "0::/system.slice/zexd.service\n")
        .put("/sys/fs/cgroup/system.slice/zexd.service/memory.max", "max\n")
        .put("/sys/fs/cgroup/system.slice/memory.max", "5368709120\n");
    CHECK(root.limit() == 2 * gib);
}

TEST_CASE("in a container the limit stands at the root of the mount") {
    Root root;
    root.put("/proc/meminfo", ten_gib_machine)
        .put("/proc/self/cgroup", "0::/\n")
        .put("/sys/fs/cgroup/memory.max", "2684354560\n");
    CHECK(root.limit() == gib);
}

TEST_CASE("a control group of version 1 is read where the memory controller stands") {
    Root root;
    root.put("/proc/meminfo", ten_gib_machine)
        .put("/proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/docker/b\n")
        .put("/sys/fs/cgroup/memory/docker/b/memory.limit_in_bytes", "5368709120\n");
    CHECK(root.limit() == 2 * gib);
}

TEST_CASE("where nothing can be read the limit is one GiB") {
    Root root;
    CHECK(root.limit() == gib);
}

TEST_CASE("this machine has a limit") {
    CHECK(zex::resolve_memory_limit(0) > 0);
}
