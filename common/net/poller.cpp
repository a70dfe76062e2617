#include "common/net/poller.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/check.h"

namespace zex::net {
namespace {

constexpr std::size_t events_at_once = 256;
constexpr std::int64_t longest_ms = 3'600'000;

std::uint32_t epoll_events(std::uint32_t what) {
    return ((what & Poller::readable) != 0 ? static_cast<std::uint32_t>(EPOLLIN) : 0) |
           ((what & Poller::writable) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0);
}

std::uint32_t what_happened(std::uint32_t events) {
    return ((events & EPOLLIN) != 0 ? Poller::readable : 0) |
           ((events & EPOLLOUT) != 0 ? Poller::writable : 0) |
           ((events & (EPOLLERR | EPOLLHUP)) != 0 ? Poller::broken : 0);
}

}  // namespace

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
    ZEX_CHECK(fd_ >= 0);
}

Poller::~Poller() {
    ::close(fd_);
}

/// A token is the number of a slot and how often it was used before.
Poller::Slot* Poller::find(Token token) {
    const auto at = static_cast<std::uint32_t>(token);
    if (at >= slots_.size() || slots_[at].watcher == nullptr) return nullptr;
    return slots_[at].generation == token >> 32 ? &slots_[at] : nullptr;
}

std::optional<Poller::Token> Poller::watch(int fd, std::uint32_t what, Watcher& watcher) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t at = free_.back();
    const Token token = Token{slots_[at].generation} << 32 | at;
    epoll_event event{};
    event.events = epoll_events(what);
    event.data.u64 = token;
    if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) return std::nullopt;
    free_.pop_back();
    slots_[at].watcher = &watcher;
    slots_[at].fd = fd;
    return token;
}

void Poller::change(Token token, std::uint32_t what) {
    const Slot* slot = find(token);
    ZEX_CHECK(slot != nullptr);
    epoll_event event{};
    event.events = epoll_events(what);
    event.data.u64 = token;
    ZEX_CHECK(epoll_ctl(fd_, EPOLL_CTL_MOD, slot->fd, &event) == 0);
}

void Poller::forget(Token token) {
    Slot* slot = find(token);
    if (slot == nullptr) return;
    ZEX_CHECK(epoll_ctl(fd_, EPOLL_CTL_DEL, slot->fd, nullptr) == 0);
    slot->watcher = nullptr;
    ++slot->generation;
    free_.push_back(static_cast<std::uint32_t>(token));
}

std::size_t Poller::wait(std::optional<Duration> longest) {
    int timeout = -1;
    if (longest) {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*longest).count();
        timeout = static_cast<int>(std::clamp<std::int64_t>(ms, 0, longest_ms));
    }
    std::array<epoll_event, events_at_once> events;
    const int count = epoll_wait(fd_, events.data(), static_cast<int>(events.size()), timeout);
    std::size_t called = 0;
    for (int i = 0; i < count; ++i) {
        const Slot* slot = find(events[static_cast<std::size_t>(i)].data.u64);
        if (slot == nullptr) continue;  // forgotten by a watcher that was called before
        ++called;
        slot->watcher->on_ready(what_happened(events[static_cast<std::size_t>(i)].events));
    }
    return called;
}

}  // namespace zex::net
