#include "bench/load/growth.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "bench/load/process_cost.h"
#include "bench/load/tally.h"
#include "bench/load/zex_client.h"

namespace bench {
namespace {

constexpr std::size_t kConsumedQueues = 100;  // of all that there are, evenly spread
constexpr std::size_t kBindTogether = 5'000;
constexpr std::size_t kKeysTaken = 100'000;  // of all that there are, evenly spread

class GrowthRun {
  public:
    explicit GrowthRun(const Plan& plan) : plan_(plan) {
        ::zmq_ctx_set(context_.get(), ZMQ_MAX_SOCKETS, 100'000);
    }

    void make_queues(std::uint64_t count) {
        // Eight calls under way: one after another would be one round trip each.
        zex::Client control = connect_zex(plan_, context_);
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (std::uint64_t q = t; q < count; q += 8)
                    must(control.declare_queue(plan_.queue(static_cast<unsigned>(q))));
            });
        for (std::thread& thread : threads) thread.join();
        const std::uint64_t used = std::min<std::uint64_t>(count, kConsumedQueues);
        for (std::uint64_t i = 0; i < used; ++i)
            consumed_.push_back(plan_.queue(static_cast<unsigned>(i * count / used)));
        keys_ = consumed_;
    }

    void make_bindings(std::uint64_t count) {
        make_queues(1);
        exchange_ = plan_.name;
        zex::Client control = connect_zex(plan_, context_);
        must(control.declare_exchange(exchange_));
        std::vector<std::string> together;
        for (std::uint64_t k = 0; k < count; ++k) {
            together.push_back(plan_.name + ".key-" + std::to_string(k));
            if (together.size() < kBindTogether && k + 1 < count) continue;
            must(control.bind(consumed_[0], exchange_, together));
            together.clear();
        }
        keys_.clear();
        const std::uint64_t used = std::min<std::uint64_t>(count, kKeysTaken);
        for (std::uint64_t i = 0; i < used; ++i)
            keys_.push_back(plan_.name + ".key-" + std::to_string(i * count / used));
    }

    void make_depth(std::uint64_t count) {
        make_queues(1);
        publish(count);
    }

    Growth measure() {
        zex::Client client = connect_zex(plan_, context_);
        std::vector<zex::Consumer> consumers;
        zex::ConsumeOptions options;
        options.credit = plan_.window;
        for (const std::string& queue : consumed_)
            consumers.push_back(must(client.consume(queue, options)));

        const ProcessCost before = ProcessCost::of(plan_.server_pid);
        const std::uint64_t start = now_ns();
        std::thread consumer([&] { take(consumers); });
        publish(plan_.messages);
        consumer.join();
        const double seconds = static_cast<double>(now_ns() - start) / 1e9;
        const double cpu = ProcessCost::of(plan_.server_pid).cpu_s - before.cpu_s;
        const auto messages = static_cast<double>(plan_.messages);
        return {messages / seconds, cpu * 1e6 / messages};
    }

  private:
    void publish(std::uint64_t count) {
        zex::Client client = connect_zex(plan_, context_);
        zex::Message message;
        message.payload.bytes.assign(plan_.bytes, 'x');
        zex::Publisher publisher = client.publisher();
        for (std::uint64_t n = 0; n < count; ++n)
            must(publisher.publish(exchange_, keys_[n % keys_.size()], message));
        must(publisher.wait(zex::Milliseconds(60'000)));
        if (publisher.counts().confirmed != count) fail("not everything was confirmed");
    }

    // As many messages as are published, whichever they are.
    void take(std::vector<zex::Consumer>& consumers) const {
        const zex::Milliseconds patience(consumers.size() == 1 ? 10'000 : 0);
        for (std::uint64_t taken = 0; taken < plan_.messages;)
            for (zex::Consumer& consumer : consumers) taken += drain(consumer, patience);
    }
    static std::uint64_t drain(zex::Consumer& consumer, zex::Milliseconds patience) {
        constexpr std::uint64_t kSettleTogether = 1024;
        auto delivery = consumer.next(patience);
        if (!delivery.ok()) {
            if (patience.count() != 0) fail(delivery.error().text());
            std::this_thread::yield();
            return 0;
        }
        std::uint64_t taken = 1;
        for (; taken < kSettleTogether; ++taken) {
            auto next = consumer.next(zex::Milliseconds(0));
            if (!next.ok()) break;
            delivery = std::move(next);
        }
        must(delivery->ack_up_to());
        return taken;
    }

    const Plan& plan_;
    BareContext context_;
    std::string exchange_;
    std::vector<std::string> consumed_;
    std::vector<std::string> keys_;
};

}  // namespace

Growth measure_growth(const Plan& plan, const std::string& what, std::uint64_t count) {
    GrowthRun run(plan);
    if (what == "queues")
        run.make_queues(count);
    else if (what == "bindings")
        run.make_bindings(count);
    else if (what == "depth")
        run.make_depth(count);
    else
        fail("growth of what? queues, bindings or depth");
    return run.measure();
}

}  // namespace bench
