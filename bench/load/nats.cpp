// NATS core: publish and subscribe, at most once.
#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/nats_connection.h"

namespace bench {
namespace {

class NatsPublisher : public Publisher {
  public:
    explicit NatsPublisher(const Plan& plan) : connection_(plan.endpoint) {
        for (unsigned q = 0; q < plan.queues; ++q) subjects_.push_back(plan.queue(q));
    }
    void publish(const Outgoing& message) override {
        connection_.publish(subjects_[message.queue], {}, message.payload);
        connection_.flush_if_full();
    }
    void flush() override { connection_.flush(); }

  private:
    NatsConnection connection_;
    std::vector<std::string> subjects_;
};

class NatsConsumer : public Consumer {
  public:
    NatsConsumer(const Plan& plan, unsigned index) : connection_(plan.endpoint) {
        const unsigned step = plan.fanout ? 1 : plan.consumers;
        for (unsigned q = plan.fanout ? 0 : index; q < plan.queues; q += step)
            connection_.subscribe(plan.queue(q), q + 1);
        connection_.round_trip();
    }
    void receive(Tally& tally) override {
        if (!connection_.read(100)) return;
        while (const auto message = connection_.next()) tally.take(message->payload);
    }

  private:
    NatsConnection connection_;
};

class NatsIdle : public Idle {
  public:
    explicit NatsIdle(const Plan& plan) : connection_(plan.endpoint) {}

  private:
    NatsConnection connection_;
};

class NatsDriver : public Driver {
  public:
    explicit NatsDriver(const Plan& plan) : plan_(plan) {
        if (plan.at_least_once) fail("NATS core has no acknowledgements");
    }
    std::unique_ptr<Publisher> publisher(unsigned) override {
        return std::make_unique<NatsPublisher>(plan_);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return std::make_unique<NatsConsumer>(plan_, index);
    }
    std::unique_ptr<Idle> idle() override { return std::make_unique<NatsIdle>(plan_); }

  private:
    const Plan plan_;
};

}  // namespace

std::unique_ptr<Driver> nats_driver(const Plan& plan) {
    return std::make_unique<NatsDriver>(plan);
}

}  // namespace bench
