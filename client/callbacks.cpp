#include "client/callbacks.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace zex {

struct Callbacks::Queue {
    struct Task {
        std::function<bool()> run;
        std::size_t bytes = 0;
    };
    std::mutex mutex;
    std::condition_variable filled;
    std::condition_variable ended;
    std::deque<Task> tasks;
    bool stopped = false;
    bool done = false;  ///< the thread touches nothing any more but this queue
    std::thread::id thread;
    std::shared_ptr<InboxBudget> budget;
    std::function<void(const Error&)> on_exception;

    /// The task's answer; false where it threw.
    bool call(const Task& task) const {
        try {
            return task.run();
        } catch (...) {
            on_exception(callback_error(std::current_exception()));
            return false;
        }
    }
};

Error callback_error(const std::exception_ptr& thrown) {
    std::string what = "something that is no std::exception";
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
        what = exception.what();
    } catch (...) {
        // It says nothing about itself.
    }
    return error(ErrorCode::callback_failed, "a callback of the program threw: " + what);
}

// The thread runs on its own, so that whoever ends the client last, a callback included, may do so
// without being the one who can join it.
Callbacks::Callbacks(std::shared_ptr<InboxBudget> budget,
                     std::function<void(const Error&)> on_exception)
    : queue_(std::make_shared<Queue>()) {
    queue_->budget = std::move(budget);
    queue_->on_exception = std::move(on_exception);
    const std::lock_guard lock(queue_->mutex);
    std::thread thread([queue = queue_] { run(queue); });
    queue_->thread = thread.get_id();
    thread.detach();
}

void Callbacks::post(std::function<void()> task, std::size_t bytes) {
    const auto once = [task = std::move(task)] { return task(), false; };
    const std::lock_guard lock(queue_->mutex);
    if (queue_->stopped) return;
    queue_->budget->add(bytes);
    queue_->tasks.push_back({once, bytes});
    queue_->filled.notify_one();
}

void Callbacks::post_repeating(std::function<bool()> task) {
    const std::lock_guard lock(queue_->mutex);
    if (queue_->stopped) return;
    queue_->tasks.push_back({std::move(task), 0});
    queue_->filled.notify_one();
}

void Callbacks::run(const std::shared_ptr<Queue>& queue) {
    std::unique_lock lock(queue->mutex);
    for (;;) {
        queue->filled.wait(lock, [&] { return queue->stopped || !queue->tasks.empty(); });
        if (queue->stopped) break;
        Queue::Task task = std::move(queue->tasks.front());
        queue->tasks.pop_front();
        lock.unlock();
        const bool again = queue->call(task);
        queue->budget->remove(std::exchange(task.bytes, 0));
        lock.lock();
        if (again && !queue->stopped) {
            queue->tasks.push_back(std::move(task));
            continue;
        }
        // What the task holds may be the last of a client: not under the mutex.
        lock.unlock();
        task.run = nullptr;
        lock.lock();
    }
    queue->done = true;
    queue->ended.notify_all();
}

bool Callbacks::is_this_thread() const {
    const std::lock_guard lock(queue_->mutex);
    return queue_->thread == std::this_thread::get_id();
}

bool Callbacks::stop(Instant deadline) {
    std::deque<Queue::Task> dropped;
    std::unique_lock lock(queue_->mutex);
    queue_->stopped = true;
    dropped.swap(queue_->tasks);
    queue_->filled.notify_all();
    if (queue_->thread == std::this_thread::get_id()) return true;
    const auto done = [&] { return queue_->done; };
    bool in_time = true;
    if (deadline == Instant::max()) {
        queue_->ended.wait(lock, done);
    } else {
        in_time = queue_->ended.wait_until(lock, time_point(deadline), done);
    }
    lock.unlock();  // what was dropped may hold the last of a client
    return in_time;
}

}  // namespace zex
