#include "bench/load/fail.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <unistd.h>

namespace bench {

void fail(std::string_view what) {
    std::fprintf(stderr, "bench_load: %.*s\n", static_cast<int>(what.size()), what.data());
    // Other threads still use what a normal exit would take down.
    ::_exit(1);
}

void fail_errno(std::string_view what) {
    std::fprintf(stderr, "bench_load: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
                 std::strerror(errno));
    ::_exit(1);
}

}  // namespace bench
