// A client of a real broker, and events to wait for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <zex/client.hpp>

#include "tests/support/broker_process.h"

namespace zex::test {

inline constexpr std::chrono::seconds long_enough{20};

/// Values that callbacks leave for the test.
template <class T>
class Arrivals {
  public:
    void add(T value) {
        const std::lock_guard lock(mutex_);
        values_.push_back(std::move(value));
        changed_.notify_all();
    }

    /// Waits until there are `count`, and gives all there are; fewer when time runs out.
    std::vector<T> wait(std::size_t count) {
        return wait_until([count](const auto& values) { return values.size() >= count; });
    }
    template <class Enough>
    std::vector<T> wait_until(Enough enough) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, long_enough, [&] { return enough(values_); });
        return values_;
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        values_.clear();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<T> values_;
};

inline Options options_for(const std::string& endpoint) {
    Options options;
    options.endpoints = {endpoint};
    options.timeout = long_enough;
    options.reconnect.first = Milliseconds(5);
    options.reconnect.most = Milliseconds(100);
    return options;
}

inline Message text(std::string_view bytes) {
    return {Payload::text(bytes)};
}

}  // namespace zex::test
