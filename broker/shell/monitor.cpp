#include "broker/shell/monitor.h"

#include <utility>

#include <pthread.h>

namespace zex::shell {

Monitor::Monitor(std::vector<net::ConnectionEvents> events, const net::Wakeup& bell)
    : events_(std::move(events)), sightings_(capacity, &bell), thread_([this] { drain(); }) {}

Monitor::~Monitor() {
    stop_.ring();
    thread_.join();
}

void Monitor::drain() {
    pthread_setname_np(pthread_self(), "zex-monitor");
    std::vector<net::PollItem> items;
    for (const net::ConnectionEvents& events : events_) items.push_back({&events.socket()});
    items.push_back({nullptr, stop_.fd()});
    net::ConnectionEvent event;
    while (net::poll(items, std::nullopt) && !items.back().ready) {
        for (net::ConnectionEvents& events : events_) {
            while (events.next(event)) {
                if (!sightings_.push(Sighting{event.kind, event.value})) {
                    dropped_.fetch_add(1, std::memory_order_relaxed);
                }
            }
        }
    }
}

}  // namespace zex::shell
