// What a server has used: processor time and memory of a process and all its descendants.
#pragma once

#include <cstdint>

namespace bench {

struct ProcessCost {
    double cpu_s = 0;
    std::uint64_t resident_bytes = 0;
    /// 0: nobody, which costs nothing.
    static ProcessCost of(int pid);
};

}  // namespace bench
