// zex, through its public client library and nothing else. `zex-json` is the same with envelopes in
// JSON. An inproc:// endpoint runs the broker in this process.
#include <deque>
#include <thread>
#include <vector>

#include <zex/broker.hpp>

#include "bench/load/bare_zmq.h"
#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/zex_client.h"

namespace bench {
namespace {

bool through_exchange(const Plan& plan) {
    return plan.fanout || plan.own_headers;
}

class ZexPublisher : public Publisher {
  public:
    ZexPublisher(const Plan& plan, const BareContext& context)
        : plan_(plan),
          client_(connect_zex(plan, context)),
          exchange_(through_exchange(plan) ? plan.name : "") {
        for (unsigned q = 0; q < plan.queues; ++q) keys_.push_back(plan.queue(q));
    }
    void publish(const Outgoing& message) override {
        message_.payload.bytes.assign(message.payload);
        std::string_view key = keys_[message.queue];
        if (plan_.own_headers) {
            key = message.key;
            message_.message_id.assign(message.id);
            message_.headers_json.assign("{\"trace\":\"").append(message.trace);
            message_.headers_json.append("\",\"tenant\":\"").append(message.tenant).append("\"}");
        }
        if (plan_.at_least_once)
            unconfirmed_.push_back(client_.publish_async(exchange_, key, message_));
        else
            must(client_.post(exchange_, key, message_));
    }
    void flush() override {}  // the client sends as soon as the socket takes it
    std::uint64_t confirmed(Wait wait) override {
        std::uint64_t count = 0;
        auto patience = std::chrono::milliseconds(wait == Wait::yes ? 100 : 0);
        while (!unconfirmed_.empty() &&
               unconfirmed_.front().wait_for(patience) == std::future_status::ready) {
            must(unconfirmed_.front().get());
            unconfirmed_.pop_front();
            patience = {};
            ++count;
        }
        return count;
    }

  private:
    const Plan plan_;
    zex::Client client_;
    const std::string exchange_;
    std::vector<std::string> keys_;
    zex::Message message_;
    std::deque<std::future<zex::Result<zex::Confirmed>>> unconfirmed_;
};

class ZexConsumer : public Consumer {
  public:
    ZexConsumer(const Plan& plan, unsigned index, const BareContext& context)
        : client_(connect_zex(plan, context)), settles_(plan.at_least_once) {
        zex::ConsumeOptions options;
        options.no_ack = !settles_;
        if (settles_) options.credit = plan.credit();
        // Every queue, its own queue, or its share of the queues.
        const bool all = !plan.fanout && plan.queues < plan.consumers;
        const unsigned queues = plan.fanout ? plan.consumers : plan.queues;
        for (unsigned q = all ? 0 : index; q < queues; q += all ? 1 : plan.consumers)
            consume(plan.queue(q), options);
    }
    void receive(Tally& tally) override {
        if (streams_.size() == 1) return void(drain(streams_[0], tally, zex::Milliseconds(100)));
        bool any = false;
        for (zex::Consumer& stream : streams_) any = drain(stream, tally, {}) || any;
        if (!any) drain(streams_[turn_++ % streams_.size()], tally, zex::Milliseconds(1));
    }

  private:
    static constexpr int kSettleTogether = 1024;

    void consume(const std::string& queue, const zex::ConsumeOptions& options) {
        streams_.push_back(must(client_.consume(queue, options)));
    }
    bool drain(zex::Consumer& stream, Tally& tally, zex::Milliseconds patience) {
        auto delivery = stream.next(patience);
        if (!delivery.ok()) return idle(delivery.error());
        for (int taken = 1;; ++taken) {
            tally.take(delivery->bytes());
            auto next = taken < kSettleTogether ? stream.next(zex::Milliseconds(0))
                                                : zex::Result<zex::Delivery>(zex::Error{});
            if (!next.ok()) break;
            delivery = std::move(next);
        }
        if (settles_) must(delivery->ack_up_to());
        return true;
    }
    static bool idle(const zex::Error& error) {
        if (error.code != zex::ErrorCode::timed_out) fail(error.text());
        return false;
    }

    zex::Client client_;
    const bool settles_;
    std::vector<zex::Consumer> streams_;
    std::size_t turn_ = 0;
};

class ZexIdle : public Idle {
  public:
    ZexIdle(const Plan& plan, const BareContext& context) : client_(connect_zex(plan, context)) {}

  private:
    zex::Client client_;
};

// Runs for as long as the driver lives.
class InprocBroker {
  public:
    InprocBroker(const Plan& plan, const BareContext& context) {
        zex::BrokerOptions options;
        options.endpoints = {plan.endpoint};
        options.zmq_context = context.get();
        broker_.emplace(must(zex::EmbeddedBroker::start(options)));
        thread_ = std::thread([this] { broker_->run(); });
    }
    ~InprocBroker() {
        broker_->stop();
        thread_.join();
    }

  private:
    std::optional<zex::EmbeddedBroker> broker_;
    std::thread thread_;
};

class ZexDriver : public Driver {
  public:
    explicit ZexDriver(const Plan& plan) : plan_(plan) {
        ::zmq_ctx_set(context_.get(), ZMQ_MAX_SOCKETS, 100'000);
        if (plan.endpoint.starts_with("inproc:")) broker_.emplace(plan, context_);
        control_.emplace(connect_zex(plan, context_));
    }
    void prepare() override {
        const unsigned queues = plan_.fanout ? plan_.consumers : plan_.queues;
        for (unsigned q = 0; q < queues; ++q) must(control_->declare_queue(plan_.queue(q)));
        if (!through_exchange(plan_)) return;
        must(control_->declare_exchange(plan_.name));
        std::vector<std::string> keys = {plan_.queue(0)};
        for (unsigned k = 0; plan_.own_headers && k < kOwnKeys; ++k)
            keys.push_back(own_key(plan_, k));
        for (unsigned q = 0; q < queues; ++q)
            must(control_->bind(plan_.queue(q), plan_.name, keys));
    }
    std::unique_ptr<Publisher> publisher(unsigned) override {
        return std::make_unique<ZexPublisher>(plan_, context_);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return std::make_unique<ZexConsumer>(plan_, index, context_);
    }
    void tear_down() override {
        const unsigned queues = plan_.fanout ? plan_.consumers : plan_.queues;
        for (unsigned q = 0; q < queues; ++q) must(control_->delete_queue(plan_.queue(q)));
        if (through_exchange(plan_)) must(control_->delete_exchange(plan_.name));
    }
    std::unique_ptr<Idle> idle() override { return std::make_unique<ZexIdle>(plan_, context_); }

  private:
    const Plan plan_;
    BareContext context_;  // shared by all clients of the process, as inproc asks for
    std::optional<InprocBroker> broker_;
    std::optional<zex::Client> control_;
};

}  // namespace

std::unique_ptr<Driver> zex_driver(const Plan& plan) {
    return std::make_unique<ZexDriver>(plan);
}

}  // namespace bench
