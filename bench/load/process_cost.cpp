#include "bench/load/process_cost.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

namespace bench {
namespace {

namespace fs = std::filesystem;

// Fields of /proc/PID/stat after the name, which may contain anything, blanks too.
double cpu_of(const std::string& process) {
    std::ifstream file(process + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(text.substr(name_end + 2));
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// The scheduler's own count in ns, where the kernel keeps it: the ticks of `stat` are 10 ms.
double cpu_of_threads(const std::string& process) {
    double ns = 0;
    std::error_code ignored;
    for (const auto& thread : fs::directory_iterator(process + "/task", ignored)) {
        double ran = 0;
        std::ifstream(thread.path() / "schedstat") >> ran;
        ns += ran;
    }
    return ns / 1e9;
}

void add(int pid, ProcessCost& cost) {
    const std::string process = "/proc/" + std::to_string(pid);
    const double precise = cpu_of_threads(process);
    cost.cpu_s += precise > 0 ? precise : cpu_of(process);

    std::uint64_t pages = 0, resident = 0;
    std::ifstream(process + "/statm") >> pages >> resident;
    cost.resident_bytes += resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));

    std::error_code ignored;
    for (const auto& thread : fs::directory_iterator(process + "/task", ignored)) {
        std::ifstream children(thread.path() / "children");
        for (int child = 0; children >> child;) add(child, cost);
    }
}

}  // namespace

ProcessCost ProcessCost::of(int pid) {
    ProcessCost cost;
    if (pid > 0) add(pid, cost);
    return cost;
}

}  // namespace bench
