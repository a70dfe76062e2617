// Redis streams with a consumer group. The reply to XADD is the confirm; what one XREADGROUP gave
// is acknowledged with one XACK, sent together with the next XREADGROUP. Streams are not trimmed.
#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/redis_connection.h"

namespace bench {
namespace {

class StreamPublisher : public Publisher {
  public:
    explicit StreamPublisher(const Plan& plan)
        : connection_(plan.endpoint), own_headers_(plan.own_headers) {
        for (unsigned q = 0; q < plan.queues; ++q) streams_.push_back(plan.queue(q));
    }
    void publish(const Outgoing& message) override {
        const std::string& stream = streams_[message.queue];
        if (own_headers_)
            connection_.command({"XADD", stream, "*", "d", message.payload, "key", message.key,
                                 "id", message.id, "trace", message.trace, "tenant",
                                 message.tenant});
        else
            connection_.command({"XADD", stream, "*", "d", message.payload});
        connection_.flush_if_full();
    }
    void flush() override { connection_.flush(); }
    std::uint64_t confirmed(Wait wait) override {
        connection_.read(wait == Wait::yes ? 100 : 0);
        std::uint64_t count = 0;
        while (connection_.next()) ++count;
        return count;
    }

  private:
    RedisConnection connection_;
    const bool own_headers_;
    std::vector<std::string> streams_;
};

class StreamConsumer : public Consumer {
  public:
    StreamConsumer(const Plan& plan, unsigned index)
        : connection_(plan.endpoint),
          name_("c" + std::to_string(index)),
          count_(std::to_string(std::min<std::uint64_t>(1000, plan.credit()))) {
        const bool shared = plan.queues < plan.consumers;
        for (unsigned q = shared ? 0 : index; q < plan.queues; q += shared ? 1 : plan.consumers)
            streams_.push_back(plan.queue(q));
        ask();
    }
    void receive(Tally& tally) override {
        std::optional<RedisReply> reply;
        while (!(reply = connection_.next()))
            if (!connection_.read(100)) return;
        if (reply->kind() == ':') return;  // to XACK
        for (std::int64_t streams = reply->header(); streams > 0; --streams) take(*reply, tally);
        ask();
    }

  private:
    // stream, [[id, [field, value, …]], …]
    void take(RedisReply& reply, Tally& tally) {
        reply.header();
        const std::string_view stream = reply.bulk();
        const std::int64_t entries = reply.header();
        if (entries <= 0) return;
        connection_.command(static_cast<std::size_t>(entries) + 3);
        connection_.word("XACK");
        connection_.word(stream);
        connection_.word("g");
        for (std::int64_t e = 0; e < entries; ++e) {
            reply.header();
            connection_.word(reply.bulk());
            std::int64_t fields = reply.header();
            reply.bulk();
            tally.take(reply.bulk());
            while ((fields -= 2) > 0) {
                reply.bulk();
                reply.bulk();
            }
        }
    }
    void ask() {
        connection_.command(9 + 2 * streams_.size());
        for (const std::string_view word :
             {std::string_view("XREADGROUP"), std::string_view("GROUP"), std::string_view("g"),
              std::string_view(name_), std::string_view("COUNT"), std::string_view(count_),
              std::string_view("BLOCK"), std::string_view("100"), std::string_view("STREAMS")})
            connection_.word(word);
        for (const std::string& stream : streams_) connection_.word(stream);
        for (std::size_t i = 0; i < streams_.size(); ++i) connection_.word(">");
        connection_.flush();
    }

    RedisConnection connection_;
    const std::string name_;
    const std::string count_;
    std::vector<std::string> streams_;
};

class StreamsDriver : public Driver {
  public:
    explicit StreamsDriver(const Plan& plan) : plan_(plan), control_(plan.endpoint) {}
    void prepare() override {
        for (unsigned q = 0; q < plan_.queues; ++q) {
            control_.command({"XGROUP", "CREATE", plan_.queue(q), "g", "$", "MKSTREAM"});
            control_.flush();
            control_.await();
        }
    }
    std::unique_ptr<Publisher> publisher(unsigned) override {
        return std::make_unique<StreamPublisher>(plan_);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return std::make_unique<StreamConsumer>(plan_, index);
    }
    void tear_down() override {
        for (unsigned q = 0; q < plan_.queues; ++q) {
            control_.command({"DEL", plan_.queue(q)});
            control_.flush();
            control_.await();
        }
    }

  private:
    const Plan plan_;
    RedisConnection control_;
};

}  // namespace

std::unique_ptr<Driver> redis_streams_driver(const Plan& plan) {
    return std::make_unique<StreamsDriver>(plan);
}

}  // namespace bench
