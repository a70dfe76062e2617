#include "broker/shell/line_writer.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

namespace zex::shell {

struct LineWriter::Shared {
    const int fd;
    std::mutex mutex;
    std::condition_variable changed;
    std::string waiting;  ///< whole lines
    std::uint64_t dropped = 0;
    std::uint64_t progress = 0;  ///< rises with each write
    bool ending = false;
    bool ended = false;

    explicit Shared(int fd_) : fd(fd_) {}
    void run();
    bool write_all(std::string_view bytes);
};

/// False where the descriptor takes nothing any more (its reader is gone, its disk is full).
bool LineWriter::Shared::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd writable{fd, POLLOUT, 0};
        if (::poll(&writable, 1, -1) < 0 && errno != EINTR) return false;
        // Up to PIPE_BUF a write does not block on a pipe that is writable.
        const ssize_t written =
            ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
        if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (written <= 0) continue;
        bytes.remove_prefix(static_cast<std::size_t>(written));
        const std::lock_guard lock(mutex);
        ++progress;
        changed.notify_all();
    }
    return true;
}

void LineWriter::Shared::run() {
    pthread_setname_np(pthread_self(), "zex-log");
    std::unique_lock lock(mutex);
    for (;;) {
        changed.wait(lock, [this] { return ending || !waiting.empty(); });
        if (waiting.empty()) break;
        const std::string lines = std::exchange(waiting, {});
        lock.unlock();
        const bool written = write_all(lines);
        lock.lock();
        if (!written) {
            dropped += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
        }
    }
    ended = true;
    changed.notify_all();
}

LineWriter::LineWriter(int fd) : shared_(std::make_shared<Shared>(fd)) {
    // Signals are for the thread that waits for them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([shared = shared_] { shared->run(); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineWriter::~LineWriter() {
    std::unique_lock lock(shared_->mutex);
    shared_->ending = true;
    shared_->changed.notify_all();
    while (!shared_->ended) {
        const std::uint64_t seen = shared_->progress;
        const auto moved = [&] { return shared_->ended || shared_->progress != seen; };
        if (!shared_->changed.wait_for(lock, end_patience, moved)) return;
    }
}

bool LineWriter::write(std::string line) {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() + line.size() > bytes_max) {
        ++shared_->dropped;
        return false;
    }
    shared_->waiting += line;
    shared_->changed.notify_all();
    return true;
}

std::uint64_t LineWriter::take_dropped() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() > bytes_max / 2) return 0;
    return std::exchange(shared_->dropped, 0);
}

}  // namespace zex::shell
