#include "broker/shell/entropy.h"

#include <sys/random.h>

#include "common/base/check.h"

namespace zex::shell {

// Eight bytes are never cut short by a signal, and fail only before the system has its first
// entropy, for which getrandom waits.
std::uint64_t system_entropy() {
    std::uint64_t number = 0;
    ZEX_CHECK(getrandom(&number, sizeof number, 0) == static_cast<ssize_t>(sizeof number));
    return number;
}

}  // namespace zex::shell
