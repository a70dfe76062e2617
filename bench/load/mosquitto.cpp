// Mosquitto by MQTT 3.1.1: QoS 0 at most once, QoS 1 at least once. Competing consumers share one
// subscription. MQTT 3.1.1 has no headers, so the own-headers scenario is not for it.
#include <optional>
#include <vector>

#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/stream.h"

namespace bench {
namespace {

constexpr unsigned kConnect = 1, kConnack = 2, kPublish = 3, kPuback = 4, kSubscribe = 8,
                   kSuback = 9;

struct Packet {
    unsigned type = 0;
    unsigned flags = 0;
    std::string_view body;
};

unsigned u16_at(std::string_view at) {
    return static_cast<unsigned>(static_cast<unsigned char>(at[0]) << 8 |
                                 static_cast<unsigned char>(at[1]));
}

class MqttConnection {
  public:
    MqttConnection(const std::string& endpoint, const std::string& client) : stream_(endpoint) {
        head(kConnect, 0, 12 + client.size());
        string("MQTT");
        stream_.write_u8(4);   // protocol level: 3.1.1
        stream_.write_u8(2);   // clean session
        stream_.write_u16(0);  // no keep-alive
        string(client);
        stream_.flush();
        await(kConnack);
    }
    void publish(std::string_view topic, std::string_view payload, std::uint16_t id) {
        head(kPublish, id != 0 ? 2 : 0, 2 + topic.size() + (id != 0 ? 2 : 0) + payload.size());
        string(topic);
        if (id != 0) stream_.write_u16(id);
        stream_.write(payload);
        stream_.flush_if_full();
    }
    void puback(std::string_view id) {
        head(kPuback, 0, 2);
        stream_.write(id);
    }
    void subscribe(std::string_view topic, bool acknowledged) {
        head(kSubscribe, 2, 5 + topic.size());
        stream_.write_u16(1);
        string(topic);
        stream_.write_u8(acknowledged ? 1 : 0);
        stream_.flush();
        await(kSuback);
    }
    void flush() { stream_.flush(); }
    bool read(int timeout_ms) { return stream_.read(timeout_ms); }

    std::optional<Packet> next() {
        const std::string_view input = stream_.input();
        std::size_t size = 0, at = 1;
        for (unsigned shift = 0;; shift += 7) {
            if (at >= input.size()) return {};
            const auto byte = static_cast<unsigned char>(input[at++]);
            size |= static_cast<std::size_t>(byte & 0x7f) << shift;
            if (!(byte & 0x80)) break;
        }
        if (input.size() < at + size) return {};
        stream_.skip(at + size);
        const auto first = static_cast<unsigned char>(input[0]);
        return Packet{static_cast<unsigned>(first) >> 4, first & 0xfu, input.substr(at, size)};
    }

  private:
    void head(unsigned type, unsigned flags, std::size_t size) {
        stream_.write_u8(static_cast<std::uint8_t>(type << 4 | flags));
        for (; size > 0x7f; size >>= 7) stream_.write_u8(static_cast<std::uint8_t>(size | 0x80));
        stream_.write_u8(static_cast<std::uint8_t>(size));
    }
    void string(std::string_view text) {
        stream_.write_u16(static_cast<std::uint16_t>(text.size()));
        stream_.write(text);
    }
    void await(unsigned type) {
        for (;;) {
            const auto packet = next();
            if (packet && packet->type == type) {
                if (static_cast<unsigned char>(packet->body.back()) > 2) fail("Mosquitto refuses");
                return;
            }
            if (!packet && !read(10'000)) fail("Mosquitto does not answer");
        }
    }
    Stream stream_;
};

class MqttPublisher : public Publisher {
  public:
    MqttPublisher(const Plan& plan, unsigned index)
        : connection_(plan.endpoint, plan.name + "p" + std::to_string(index)),
          acknowledged_(plan.at_least_once) {
        for (unsigned q = 0; q < plan.queues; ++q) topics_.push_back(plan.queue(q));
    }
    void publish(const Outgoing& message) override {
        if (acknowledged_ && ++id_ == 0) id_ = 1;
        connection_.publish(topics_[message.queue], message.payload, id_);
    }
    void flush() override { connection_.flush(); }
    std::uint64_t confirmed(Wait wait) override {
        connection_.read(wait == Wait::yes ? 100 : 0);
        std::uint64_t count = 0;
        while (const auto packet = connection_.next()) count += packet->type == kPuback;
        return count;
    }

  private:
    MqttConnection connection_;
    const bool acknowledged_;
    std::vector<std::string> topics_;
    std::uint16_t id_ = 0;
};

class MqttConsumer : public Consumer {
  public:
    MqttConsumer(const Plan& plan, unsigned index)
        : connection_(plan.endpoint, plan.name + "c" + std::to_string(index)) {
        const bool shared = !plan.fanout && plan.queues < plan.consumers;
        if (plan.fanout || shared)
            connection_.subscribe((shared ? "$share/g/" : "") + plan.queue(0), plan.at_least_once);
        else
            for (unsigned q = index; q < plan.queues; q += plan.consumers)
                connection_.subscribe(plan.queue(q), plan.at_least_once);
    }
    void receive(Tally& tally) override {
        if (!connection_.read(100)) return;
        bool settled = false;
        while (const auto packet = connection_.next()) {
            if (packet->type != kPublish) continue;
            std::size_t at = 2 + u16_at(packet->body);
            if ((packet->flags & 6) != 0) {
                connection_.puback(packet->body.substr(at, 2));
                settled = true;
                at += 2;
            }
            tally.take(packet->body.substr(at));
        }
        if (settled) connection_.flush();
    }

  private:
    MqttConnection connection_;
};

class MqttIdle : public Idle {
  public:
    explicit MqttIdle(const Plan& plan, unsigned index)
        : connection_(plan.endpoint, plan.name + "i" + std::to_string(index)) {}

  private:
    MqttConnection connection_;
};

class MosquittoDriver : public Driver {
  public:
    explicit MosquittoDriver(const Plan& plan) : plan_(plan) {
        if (plan.own_headers) fail("MQTT 3.1.1 has no headers");
    }
    std::unique_ptr<Publisher> publisher(unsigned index) override {
        return std::make_unique<MqttPublisher>(plan_, index);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return std::make_unique<MqttConsumer>(plan_, index);
    }
    std::unique_ptr<Idle> idle() override { return std::make_unique<MqttIdle>(plan_, idle_++); }

  private:
    const Plan plan_;
    unsigned idle_ = 0;
};

}  // namespace

std::unique_ptr<Driver> mosquitto_driver(const Plan& plan) {
    return std::make_unique<MosquittoDriver>(plan);
}

}  // namespace bench
