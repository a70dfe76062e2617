#include "broker/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string_view>

namespace zex {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t limit_where_unknown = std::uint64_t{1} << 30;

/// The number in the file; `unlimited` where there is none ("max", or no such file).
std::uint64_t number_in(const std::string& path) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    return file >> number ? number : unlimited;
}

std::uint64_t machine_bytes(const std::string& root) {
    std::ifstream file(root + "/proc/meminfo");
    for (std::string word; file >> word;) {
        std::uint64_t kib = 0;
        if (word == "MemTotal:" && file >> kib) return kib * 1024;
    }
    return unlimited;
}

/// The smallest limit of the group and of all above it, up to the mount point.
std::uint64_t group_bytes(const std::string& mount, std::string group, const char* file_name) {
    std::uint64_t least = unlimited;
    while (true) {
        least = std::min(least, number_in(mount + group + "/" + file_name));
        const auto slash = group.rfind('/');
        if (slash == std::string::npos) return least;
        group.resize(slash);
    }
}

/// A line of /proc/self/cgroup is "number:controllers:path"; version 2 has "0::path".
std::uint64_t line_bytes(const std::string& root, std::string_view line) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return unlimited;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string path(line.substr(second + 1));
    const std::string group = path == "/" ? "" : path;
    const std::string mount = root + "/sys/fs/cgroup";
    if (controllers.empty()) return group_bytes(mount, group, "memory.max");
    if (controllers == "memory") {
        return group_bytes(mount + "/memory", group, "memory.limit_in_bytes");
    }
    return unlimited;
}

std::uint64_t control_group_bytes(const std::string& root) {
    std::ifstream file(root + "/proc/self/cgroup");
    std::uint64_t least = unlimited;
    for (std::string line; std::getline(file, line);) {
        least = std::min(least, line_bytes(root, line));
    }
    return least;
}

}  // namespace

std::uint64_t resolve_memory_limit(std::uint64_t configured, const std::string& root) {
    if (configured != 0) return configured;
    const std::uint64_t bytes = std::min(machine_bytes(root), control_group_bytes(root));
    return bytes == unlimited ? limit_where_unknown : bytes / 5 * 2;
}

}  // namespace zex
