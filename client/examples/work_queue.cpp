// Tasks for several workers: each task goes to one of them, and is done once it is acked. A worker
// that dies takes nothing with it: what it had not acked goes to another one.
#include <iostream>
#include <latch>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "example.h"

namespace {

constexpr int task_count = 100;

/// One worker: squares numbers. It asks for few tasks at a time, so that a slow one gets fewer.
class Worker {
  public:
    Worker(const std::string& queue, std::latch& left)
        : client_(zex::Client::connect(example::options()).value()) {
        zex::ConsumeOptions fair;
        fair.credit = 4;
        const auto work = [this, &left](zex::Delivery& task) {
            const nlohmann::json asked = task.payload().value().value();
            const int number = asked.at("number").get<int>();
            done_.insert(number * number);
            task.ack().value();
            left.count_down();
        };
        consumer_ = std::make_unique<zex::Consumer>(client_.consume(queue, fair, work).value());
    }

    /// The results; no more tasks come after it.
    std::set<int> stop() {
        consumer_->cancel().value();
        client_.close().value();
        return done_;
    }

  private:
    std::set<int> done_;
    zex::Client client_;
    std::unique_ptr<zex::Consumer> consumer_;
};

}  // namespace

int main() {
    return example::run([] {
        zex::Client boss = zex::Client::connect(example::options()).value();
        zex::QueueOptions shared;
        shared.auto_delete = true;
        const std::string queue = "example.tasks." + boss.session();
        boss.declare_queue(queue, shared).value();

        std::latch left(task_count);
        Worker first(queue, left);
        Worker second(queue, left);

        std::vector<std::future<zex::Result<zex::Confirmed>>> confirms;
        for (int number = 0; number < task_count; ++number) {
            const zex::Payload task =
                zex::Payload::json({{"number", number}}, "task", "1.0").value();
            confirms.push_back(boss.publish_async("", queue, {task}));
        }
        for (auto& confirm : confirms) confirm.get().value();

        left.wait();
        const std::set<int> by_first = first.stop();
        const std::set<int> by_second = second.stop();
        std::cout << "tasks done: " << by_first.size() << " + " << by_second.size() << '\n';
        if (by_first.size() + by_second.size() != task_count) {
            throw std::runtime_error("a task was done twice or not at all");
        }
        boss.close().value();
    });
}
