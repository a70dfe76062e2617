#include "common/net/libzmq/monitor.h"

#include <utility>

#include <pthread.h>

namespace zex::net {

Monitor::Monitor(std::vector<ConnectionEvents> events, const Wakeup& bell)
    : events_(std::move(events)), waiting_(capacity, &bell), thread_([this] { drain(); }) {}

Monitor::~Monitor() {
    stop_.ring();
    thread_.join();
}

void Monitor::drain() {
    pthread_setname_np(pthread_self(), "zex-monitor");
    std::vector<PollItem> items;
    for (const ConnectionEvents& events : events_) items.push_back({&events.socket()});
    items.push_back({nullptr, stop_.fd()});
    ConnectionEvent event;
    while (poll(items, std::nullopt) && !items.back().ready) {
        for (ConnectionEvents& events : events_) {
            while (events.next(event)) {
                if (!waiting_.push(event)) {
                    dropped_.fetch_add(1, std::memory_order_relaxed);
                }
            }
        }
    }
}

}  // namespace zex::net
