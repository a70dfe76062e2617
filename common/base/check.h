// ZEX_CHECK: for states that cannot be. It is on in release builds too: a broker that goes on with
// a broken invariant loses messages, one that stops is restarted.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace zex {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: impossible state: %s does not hold\n", file, line, condition);
    std::abort();
}

}  // namespace zex

#define ZEX_CHECK(condition) \
    (static_cast<bool>(condition) ? void(0) : ::zex::check_failed(#condition, __FILE__, __LINE__))
