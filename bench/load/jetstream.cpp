// NATS JetStream: a stream per queue, a push consumer on it. One consumer alone acknowledges all up
// to the last of what it read, several that compete acknowledge each delivery, as a group must.
#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/nats_connection.h"

namespace bench {
namespace {

std::string subject(const Plan& plan, unsigned queue) {
    return plan.queue(queue) + ".m";
}

bool settles_all_at_once(const Plan& plan) {
    return plan.consumers == 1 && plan.queues == 1;
}

class JetstreamPublisher : public Publisher {
  public:
    JetstreamPublisher(const Plan& plan, unsigned index)
        : connection_(plan.endpoint),
          own_headers_(plan.own_headers),
          inbox_("_INBOX." + plan.name + "." + std::to_string(index)) {
        for (unsigned q = 0; q < plan.queues; ++q) subjects_.push_back(subject(plan, q));
        connection_.subscribe(inbox_, 1);
        connection_.round_trip();
    }
    void publish(const Outgoing& message) override {
        if (own_headers_) {
            own_subject_.assign(subjects_[0]).append(".").append(message.key);
            connection_.publish_with_headers(own_subject_, inbox_, message);
        } else {
            connection_.publish(subjects_[message.queue], inbox_, message.payload);
        }
        connection_.flush_if_full();
    }
    void flush() override { connection_.flush(); }
    std::uint64_t confirmed(Wait wait) override {
        connection_.read(wait == Wait::yes ? 100 : 0);
        std::uint64_t count = 0;
        while (const auto answer = connection_.next()) {
            if (answer->payload.find("\"error\"") != std::string_view::npos) fail(answer->payload);
            ++count;
        }
        return count;
    }

  private:
    NatsConnection connection_;
    const bool own_headers_;
    const std::string inbox_;
    std::vector<std::string> subjects_;
    std::string own_subject_;
};

class JetstreamConsumer : public Consumer {
  public:
    JetstreamConsumer(const Plan& plan, unsigned index)
        : connection_(plan.endpoint), all_at_once_(settles_all_at_once(plan)) {
        const bool shared = plan.queues < plan.consumers;
        for (unsigned q = shared ? 0 : index; q < plan.queues; q += shared ? 1 : plan.consumers)
            connection_.subscribe("_DELIVER." + plan.queue(q), q + 1, shared ? "g" : "");
        connection_.round_trip();
    }
    void receive(Tally& tally) override {
        if (!connection_.read(100)) return;
        while (const auto message = connection_.next()) {
            tally.take(message->payload);
            if (all_at_once_) {
                last_.assign(message->reply);
            } else {
                connection_.publish(message->reply, {}, "+ACK");
                connection_.flush_if_full();
            }
        }
        if (all_at_once_ && !last_.empty()) connection_.publish(last_, {}, "+ACK");
        last_.clear();
        connection_.flush();
    }

  private:
    NatsConnection connection_;
    const bool all_at_once_;
    std::string last_;
};

class JetstreamDriver : public Driver {
  public:
    explicit JetstreamDriver(const Plan& plan) : plan_(plan), control_(plan.endpoint) {}

    void prepare() override {
        for (unsigned q = 0; q < plan_.queues; ++q) {
            const std::string name = plan_.queue(q);
            const std::string storage = plan_.durable ? "file" : "memory";
            control_.request("$JS.API.STREAM.CREATE." + name,
                             R"({"name":")" + name + R"(","subjects":[")" + subject(plan_, q) +
                                 (plan_.own_headers ? ".>" : "") +
                                 R"("],"retention":"limits","max_consumers":-1,"max_msgs":-1,)"
                                 R"("max_bytes":-1,"num_replicas":1,"storage":")" +
                                 storage + R"("})");
            make_consumer(name);
        }
    }
    std::unique_ptr<Publisher> publisher(unsigned index) override {
        return std::make_unique<JetstreamPublisher>(plan_, index);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return std::make_unique<JetstreamConsumer>(plan_, index);
    }
    void tear_down() override {
        for (unsigned q = 0; q < plan_.queues; ++q)
            control_.request("$JS.API.STREAM.DELETE." + plan_.queue(q), "");
    }

  private:
    void make_consumer(const std::string& stream) {
        const bool shared = plan_.queues < plan_.consumers;
        control_.request(
            "$JS.API.CONSUMER.DURABLE.CREATE." + stream + ".c",
            R"({"stream_name":")" + stream +
                R"(","config":{"durable_name":"c","deliver_policy":"all","deliver_subject":")" +
                "_DELIVER." + stream + "\"" + (shared ? R"(,"deliver_group":"g")" : "") +
                R"(,"ack_policy":")" + (settles_all_at_once(plan_) ? "all" : "explicit") +
                R"(","ack_wait":60000000000,"replay_policy":"instant","max_ack_pending":)" +
                std::to_string(plan_.window) + "}}");
    }

    const Plan plan_;
    NatsConnection control_;
};

}  // namespace

std::unique_ptr<Driver> jetstream_driver(const Plan& plan) {
    return std::make_unique<JetstreamDriver>(plan);
}

}  // namespace bench
