#include "client/callbacks.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace zex {

struct Callbacks::Queue {
    struct Task {
        std::function<bool()> run;
        std::size_t bytes = 0;
    };
    std::mutex mutex;
    std::condition_variable filled;
    std::deque<Task> tasks;
    bool stopped = false;
    std::shared_ptr<InboxBudget> budget;
};

Callbacks::Callbacks(std::shared_ptr<InboxBudget> budget) : queue_(std::make_shared<Queue>()) {
    queue_->budget = std::move(budget);
    thread_ = std::thread([queue = queue_] { run(queue); });
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
        if (queue->stopped) return;
        Queue::Task task = std::move(queue->tasks.front());
        queue->tasks.pop_front();
        lock.unlock();
        const bool again = task.run();
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
}

void Callbacks::stop() {
    std::deque<Queue::Task> dropped;
    {
        const std::lock_guard lock(queue_->mutex);
        queue_->stopped = true;
        dropped.swap(queue_->tasks);
        queue_->filled.notify_all();
    }
    if (!thread_.joinable()) return;
    if (thread_.get_id() == std::this_thread::get_id()) {
        thread_.detach();  // it ends after this callback, and keeps what it needs alive
    } else {
        thread_.join();
    }
}

}  // namespace zex
