#include "client/fork.h"

#include <atomic>

#include <pthread.h>

namespace zex {
namespace {

std::atomic<std::uint64_t> forks{0};

}  // namespace

std::uint64_t fork_count() {
    static const int registered = pthread_atfork(nullptr, nullptr, [] { ++forks; });
    (void)registered;
    return forks.load(std::memory_order_relaxed);
}

Error used_in_child() {
    return error(ErrorCode::client_closed,
                 "this process was forked from the one that connected the client; connect another "
                 "one here");
}

}  // namespace zex
