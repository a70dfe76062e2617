#include "bench/load/load_publisher.h"

#include <algorithm>
#include <cstdio>

#include <sys/prctl.h>

#include "bench/load/fail.h"

namespace bench {
namespace {

constexpr std::uint64_t kGiveUpNs = 10'000'000'000;

std::string hex16(std::uint64_t number) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
    return text;
}

void sleep_until(std::uint64_t ns) {
    timespec time{};
    time.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    time.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

}  // namespace

LoadPublisher::LoadPublisher(const Plan& plan, Publisher& publisher, unsigned first)
    : plan_(plan),
      publisher_(publisher),
      first_(first),
      window_(std::max<std::uint64_t>(1, plan.window / plan.publishers)),
      payload_(std::max(plan.bytes, kStampBytes), 'x') {
    message_.payload = payload_;
}

void LoadPublisher::run() {
    if (plan_.rate == 0)
        run_flat_out();
    else
        run_by_timetable();
    publisher_.flush();
    if (plan_.at_least_once) await_all();
}

void LoadPublisher::run_flat_out() {
    constexpr std::uint64_t kBetweenLooks = 128;
    for (std::uint64_t n = first_; n < plan_.messages; n += plan_.publishers) {
        publish(n, 0);
        if (!plan_.at_least_once) continue;
        if (published_ % kBetweenLooks == 0) confirms(Wait::no);
        keep_window();
    }
}

void LoadPublisher::run_by_timetable() {
    // The kernel's usual 50 µs of leeway would be part of every latency.
    ::prctl(PR_SET_TIMERSLACK, 1);
    const std::uint64_t start = now_ns() + 1'000'000;
    const double step_ns = 1e9 / static_cast<double>(plan_.rate);
    const auto due = [&](std::uint64_t n) {
        return start + static_cast<std::uint64_t>(static_cast<double>(n) * step_ns);
    };
    std::uint64_t n = first_;
    while (n < plan_.messages) {
        sleep_until(due(n));
        const std::uint64_t now = now_ns();
        for (; n < plan_.messages && due(n) <= now; n += plan_.publishers) publish(n, due(n));
        publisher_.flush();
        if (!plan_.at_least_once) continue;
        confirms(Wait::no);
        keep_window();
    }
}

void LoadPublisher::publish(std::uint64_t number, std::uint64_t due_ns) {
    Stamp{number, due_ns}.write(payload_.data());
    message_.queue = static_cast<unsigned>(number % plan_.queues);
    if (plan_.own_headers) set_own_headers(number);
    publisher_.publish(message_);
    ++published_;
}

void LoadPublisher::set_own_headers(std::uint64_t number) {
    key_ = own_key(plan_, number);
    id_ = hex16(number);
    trace_ = hex16(number * 0x9e3779b97f4a7c15u);
    tenant_ = "tenant-" + std::to_string(number % 100);
    message_.key = key_;
    message_.id = id_;
    message_.trace = trace_;
    message_.tenant = tenant_;
}

void LoadPublisher::confirms(Wait wait) {
    const std::uint64_t count = publisher_.confirmed(wait);
    if (count == 0) return;
    confirmed_ += count;
    last_confirm_ns_ = now_ns();
}

void LoadPublisher::keep_window() {
    if (publisher_.keeps_window() || published_ - confirmed_ < window_) return;
    publisher_.flush();
    const std::uint64_t start = now_ns();
    while (published_ - confirmed_ >= window_) {
        confirms(Wait::yes);
        if (now_ns() - start > kGiveUpNs) fail("no confirms come any more");
    }
}

void LoadPublisher::await_all() {
    std::uint64_t progress = now_ns();
    while (confirmed_ < published_) {
        confirms(Wait::yes);
        progress = std::max(progress, last_confirm_ns_);
        if (now_ns() - progress > kGiveUpNs)
            fail(std::to_string(published_ - confirmed_) + " messages are never confirmed");
    }
}

}  // namespace bench
