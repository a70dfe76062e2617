// zex, through its public client library and nothing else. `zex-json` is the same with envelopes in
// JSON. An inproc:// endpoint runs the broker in this process.
#include <condition_variable>
#include <mutex>
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
          confirming_(client_.publisher()),
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
            must(confirming_.publish(exchange_, key, message_));
        else
            must(client_.post(exchange_, key, message_));
    }
    void flush() override {}  // the client sends as soon as the socket takes it
    std::uint64_t confirmed(Wait wait) override {
        if (wait == Wait::yes) {
            const zex::Status all = confirming_.wait(zex::Milliseconds(100));
            if (!all.ok() && all.error().code != zex::ErrorCode::timed_out)
                fail(all.error().text());
        }
        return count();
    }
    bool keeps_window() const override { return true; }

  private:
    std::uint64_t count() {
        const zex::PublishCounts counts = confirming_.counts();
        if (counts.failed != 0) fail(confirming_.take_failures().at(0).error.text());
        if (counts.unroutable != 0) fail("zexd has no queue for a message");
        return counts.confirmed - std::exchange(counted_, counts.confirmed);
    }

    const Plan plan_;
    zex::Client client_;
    zex::Publisher confirming_;
    const std::string exchange_;
    std::vector<std::string> keys_;
    zex::Message message_;
    std::uint64_t counted_ = 0;
};

zex::ConsumeOptions consume_options(const Plan& plan, std::size_t queues) {
    zex::ConsumeOptions options;
    options.no_ack = !plan.at_least_once;
    if (plan.at_least_once) options.credit = std::max<std::uint64_t>(10, plan.credit() / queues);
    return options;
}

// One queue: deliveries that came together are read and settled together.
class StreamConsumer : public Consumer {
  public:
    StreamConsumer(const Plan& plan, const std::string& queue, const BareContext& context)
        : client_(connect_zex(plan, context)),
          settles_(plan.at_least_once),
          stream_(must(client_.consume(queue, consume_options(plan, 1)))) {}
    void receive(Tally& tally) override {
        auto all = stream_.next_batch(kSettleTogether, zex::Milliseconds(100));
        if (!all.ok()) {
            if (all.error().code != zex::ErrorCode::timed_out) fail(all.error().text());
            return;
        }
        for (const zex::Delivery& delivery : *all) tally.take(delivery.bytes());
        if (settles_) must(all->ack());
    }

  private:
    static constexpr std::size_t kSettleTogether = 1024;
    zex::Client client_;
    const bool settles_;
    zex::Consumer stream_;
};

// Many queues on one connection: callbacks, each of which settles its delivery.
class CallbackConsumer : public Consumer {
  public:
    CallbackConsumer(const Plan& plan, const std::vector<std::string>& queues,
                     const BareContext& context)
        : client_(connect_zex(plan, context)), settles_(plan.at_least_once) {
        for (const std::string& queue : queues)
            streams_.push_back(
                must(client_.consume(queue, consume_options(plan, queues.size()),
                                     [this](zex::Delivery& delivery) { take(delivery); })));
    }
    ~CallbackConsumer() override {
        for (zex::Consumer& stream : streams_) must(stream.cancel());
    }
    void receive(Tally& tally) override {
        std::vector<zex::Delivery> all;
        {
            std::unique_lock lock(mutex_);
            came_.wait_for(lock, std::chrono::milliseconds(100), [&] { return !inbox_.empty(); });
            all.swap(inbox_);
        }
        for (const zex::Delivery& delivery : all) tally.take(delivery.bytes());
    }

  private:
    void take(const zex::Delivery& delivery) {
        if (settles_) must(delivery.ack());
        const std::lock_guard lock(mutex_);
        inbox_.push_back(delivery);
        if (inbox_.size() == 1) came_.notify_one();
    }
    zex::Client client_;
    const bool settles_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<zex::Delivery> inbox_;
    std::vector<zex::Consumer> streams_;
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
        zex::QueueOptions options;
        options.durable = plan_.durable;
        for (unsigned q = 0; q < queues; ++q)
            must(control_->declare_queue(plan_.queue(q), options));
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
        if (plan_.fanout)
            return std::make_unique<StreamConsumer>(plan_, plan_.queue(index), context_);
        const bool shared = plan_.queues < plan_.consumers;
        std::vector<std::string> queues;
        for (unsigned q = shared ? 0 : index; q < plan_.queues; q += shared ? 1 : plan_.consumers)
            queues.push_back(plan_.queue(q));
        if (queues.size() == 1) return std::make_unique<StreamConsumer>(plan_, queues[0], context_);
        return std::make_unique<CallbackConsumer>(plan_, queues, context_);
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
