// RabbitMQ, classic or quorum queues. At least once: publisher confirms, and one multiple ack for
// what one read brought. Fan-out goes through a fanout exchange to one queue per consumer, own keys
// through a direct exchange with a binding per key.
#include <set>

#include "bench/load/amqp_connection.h"
#include "bench/load/driver.h"
#include "bench/load/fail.h"

namespace bench {
namespace {

constexpr std::uint32_t kAck = amqp(60, 80);
constexpr std::uint32_t kDeliver = amqp(60, 60);

bool through_exchange(const Plan& plan) {
    return plan.fanout || plan.own_headers;
}

AmqpBytes properties(const Plan& plan) {
    AmqpBytes bytes;
    if (plan.durable) return bytes.u16(1u << 12).u8(2);  // delivery mode: persistent
    return bytes.u16(0);
}

AmqpBytes own_properties(const Outgoing& message) {
    AmqpBytes bytes;
    return bytes.u16(1u << 13 | 1u << 7)
        .table({{"trace", message.trace}, {"tenant", message.tenant}})
        .shortstr(message.id);
}

// Confirms may overtake each other: single ones wait in `ahead_` for the gap to close.
class Confirms {
  public:
    std::uint64_t add(std::uint64_t tag, bool multiple) {
        const std::uint64_t before = count();
        if (multiple) {
            upto_ = std::max(upto_, tag);
            ahead_.erase(ahead_.begin(), ahead_.upper_bound(upto_));
        } else {
            ahead_.insert(tag);
        }
        while (!ahead_.empty() && *ahead_.begin() == upto_ + 1) {
            ahead_.erase(ahead_.begin());
            ++upto_;
        }
        return count() - before;
    }

  private:
    std::uint64_t count() const { return upto_ + ahead_.size(); }
    std::uint64_t upto_ = 0;
    std::set<std::uint64_t> ahead_;
};

class RabbitPublisher : public Publisher {
  public:
    explicit RabbitPublisher(const Plan& plan)
        : plan_(plan),
          connection_(plan.endpoint),
          exchange_(through_exchange(plan) ? plan.name : "") {
        if (plan.at_least_once) connection_.call(85, 10, AmqpBytes().u8(0), 11);
        for (unsigned q = 0; q < plan.queues; ++q)
            frames_.push_back(AmqpConnection::publish_frames(exchange_, plan.queue(q),
                                                             properties(plan), plan.bytes));
    }
    void publish(const Outgoing& message) override {
        if (!plan_.own_headers) return connection_.publish(frames_[message.queue], message.payload);
        connection_.publish(AmqpConnection::publish_frames(exchange_, message.key,
                                                           own_properties(message), plan_.bytes),
                            message.payload);
    }
    void flush() override { connection_.flush(); }
    std::uint64_t confirmed(Wait wait) override {
        connection_.read(wait == Wait::yes ? 100 : 0);
        std::uint64_t count = 0;
        while (const auto frame = connection_.next())
            if (frame->type == 1 && frame->method() == kAck)
                count += confirms_.add(amqp_u64(frame->payload.substr(4)), frame->payload[12] & 1);
        return count;
    }

  private:
    const Plan plan_;
    AmqpConnection connection_;
    const std::string exchange_;
    std::vector<std::string> frames_;
    Confirms confirms_;
};

class RabbitConsumer : public Consumer {
  public:
    RabbitConsumer(const Plan& plan, unsigned index)
        : connection_(plan.endpoint), settles_(plan.at_least_once) {
        // Every queue, its own queue, or its share of the queues.
        const bool all = !plan.fanout && plan.queues < plan.consumers;
        const unsigned queues = plan.fanout ? plan.consumers : plan.queues;
        for (unsigned q = all ? 0 : index; q < queues; q += all ? 1 : plan.consumers)
            queues_.push_back(plan.queue(q));
        if (settles_) set_credit(plan.credit());
        for (const std::string& queue : queues_) consume(queue);
    }
    void receive(Tally& tally) override {
        if (!connection_.read(100)) return;
        std::uint64_t settled = 0;
        while (const auto frame = connection_.next()) {
            if (frame->type == 1 && frame->method() == kDeliver) {
                const auto tag_length = static_cast<unsigned char>(frame->payload[4]);
                tag_ = amqp_u64(frame->payload.substr(5u + tag_length));
            } else if (frame->type == 3) {
                tally.take(frame->payload);
                settled = tag_;
            }
        }
        if (settled == 0 || !settles_) return;
        connection_.ack(settled, true);
        connection_.flush();
    }

  private:
    // For each consumer of the channel: quorum queues know no credit for the whole channel.
    void set_credit(std::uint64_t credit) {
        const std::uint64_t share = std::clamp<std::uint64_t>(credit / queues_.size(), 10, 65535);
        connection_.call(60, 10, AmqpBytes().u32(0).u16(static_cast<unsigned>(share)).u8(0), 11);
    }
    void consume(const std::string& queue) {
        connection_.call(
            60, 20, AmqpBytes().u16(0).shortstr(queue).shortstr("").u8(settles_ ? 0 : 2).table({}),
            21);
    }
    AmqpConnection connection_;
    const bool settles_;
    std::vector<std::string> queues_;
    std::uint64_t tag_ = 0;
};

class RabbitIdle : public Idle {
  public:
    explicit RabbitIdle(const Plan& plan) : connection_(plan.endpoint) {}

  private:
    AmqpConnection connection_;
};

class RabbitDriver : public Driver {
  public:
    explicit RabbitDriver(const Plan& plan)
        : plan_(plan),
          quorum_(plan.system == "rabbitmq-quorum"),
          queues_(plan.fanout ? plan.consumers : plan.queues),
          control_(plan.endpoint) {}

    void prepare() override {
        if (through_exchange(plan_))
            control_.call(40, 10,
                          AmqpBytes()
                              .u16(0)
                              .shortstr(plan_.name)
                              .shortstr(plan_.fanout ? "fanout" : "direct")
                              .u8(0)
                              .table({}),
                          11);
        for (unsigned q = 0; q < queues_; ++q) declare(plan_.queue(q));
        if (plan_.fanout)
            for (unsigned q = 0; q < queues_; ++q) bind(plan_.queue(q), "");
        if (plan_.own_headers)
            for (unsigned k = 0; k < kOwnKeys; ++k) bind(plan_.queue(0), own_key(plan_, k));
    }
    std::unique_ptr<Publisher> publisher(unsigned) override {
        return std::make_unique<RabbitPublisher>(plan_);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return std::make_unique<RabbitConsumer>(plan_, index);
    }
    void tear_down() override {
        for (unsigned q = 0; q < queues_; ++q)
            control_.call(50, 40, AmqpBytes().u16(0).shortstr(plan_.queue(q)).u8(0), 41);
        if (through_exchange(plan_))
            control_.call(40, 20, AmqpBytes().u16(0).shortstr(plan_.name).u8(0), 21);
    }
    std::unique_ptr<Idle> idle() override { return std::make_unique<RabbitIdle>(plan_); }

  private:
    void declare(const std::string& queue) {
        const bool durable = plan_.durable || quorum_;
        control_.call(50, 10,
                      AmqpBytes()
                          .u16(0)
                          .shortstr(queue)
                          .u8(durable ? 2 : 0)
                          .table({{"x-queue-type", quorum_ ? "quorum" : "classic"}}),
                      11);
    }
    void bind(const std::string& queue, const std::string& key) {
        control_.call(
            50, 20,
            AmqpBytes().u16(0).shortstr(queue).shortstr(plan_.name).shortstr(key).u8(0).table({}),
            21);
    }

    const Plan plan_;
    const bool quorum_;
    const unsigned queues_;
    AmqpConnection control_;
};

}  // namespace

std::unique_ptr<Driver> rabbitmq_driver(const Plan& plan) {
    return std::make_unique<RabbitDriver>(plan);
}

}  // namespace bench
