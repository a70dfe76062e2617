#include "client/callbacks.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace zex {

struct Callbacks::Queue {
    struct Task {
        std::function<void()> run;
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
    const std::lock_guard lock(queue_->mutex);
    if (queue_->stopped) return;
    queue_->budget->add(bytes);
    queue_->tasks.push_back({std::move(task), bytes});
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
        task.run();
        task.run = nullptr;
        queue->budget->remove(task.bytes);
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
