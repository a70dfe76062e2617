// Redis PUBLISH and SUBSCRIBE: at most once.
#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/redis_connection.h"

namespace bench {
namespace {

class PubsubPublisher : public Publisher {
  public:
    explicit PubsubPublisher(const Plan& plan) : connection_(plan.endpoint) {
        for (unsigned q = 0; q < plan.queues; ++q) channels_.push_back(plan.queue(q));
    }
    void publish(const Outgoing& message) override {
        connection_.command({"PUBLISH", channels_[message.queue], message.payload});
        connection_.flush_if_full();
        if (++published_ % 512 == 0) drop_replies();
    }
    void flush() override {
        connection_.flush();
        drop_replies();
    }

  private:
    void drop_replies() {
        connection_.read(0);
        while (connection_.next()) {
        }
    }
    RedisConnection connection_;
    std::vector<std::string> channels_;
    std::uint64_t published_ = 0;
};

class PubsubConsumer : public Consumer {
  public:
    PubsubConsumer(const Plan& plan, unsigned index) : connection_(plan.endpoint) {
        const unsigned step = plan.fanout ? 1 : plan.consumers;
        for (unsigned q = plan.fanout ? 0 : index; q < plan.queues; q += step) {
            connection_.command({"SUBSCRIBE", plan.queue(q)});
            connection_.flush();
            connection_.await();
        }
    }
    void receive(Tally& tally) override {
        if (!connection_.read(100)) return;
        while (auto reply = connection_.next()) {
            reply->header();
            reply->bulk();  // "message"
            reply->bulk();  // channel
            tally.take(reply->bulk());
        }
    }

  private:
    RedisConnection connection_;
};

class RedisIdle : public Idle {
  public:
    explicit RedisIdle(const Plan& plan) : connection_(plan.endpoint) {}

  private:
    RedisConnection connection_;
};

class PubsubDriver : public Driver {
  public:
    explicit PubsubDriver(const Plan& plan) : plan_(plan) {
        if (plan.at_least_once) fail("Redis pub/sub has no acknowledgements");
    }
    std::unique_ptr<Publisher> publisher(unsigned) override {
        return std::make_unique<PubsubPublisher>(plan_);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return std::make_unique<PubsubConsumer>(plan_, index);
    }
    std::unique_ptr<Idle> idle() override { return std::make_unique<RedisIdle>(plan_); }

  private:
    const Plan plan_;
};

}  // namespace

std::unique_ptr<Driver> redis_pubsub_driver(const Plan& plan) {
    return std::make_unique<PubsubDriver>(plan);
}

}  // namespace bench
