// Clients of the rows R1, R3 and R3a: one DEALER socket each, all in one ZeroMQ context.
#include <cstring>
#include <vector>

#include "bench/load/bare_zmq.h"
#include "bench/load/driver.h"
#include "bench/load/fail.h"
#include "bench/load/records.h"
#include "bench/load/relays.h"

namespace bench {
namespace {

class DealerConsumer : public Consumer {
  public:
    DealerConsumer(const BareContext& context, const Plan& plan, unsigned index, int high_water)
        : socket_(context, ZMQ_DEALER, high_water) {
        socket_.connect(plan.endpoint);
        const bool all = plan.fanout || plan.queues < plan.consumers;
        for (unsigned q = all ? 0 : index; q < plan.queues; q += all ? 1 : plan.consumers)
            subscribe(plan.queue(q), plan.credit());
    }

  protected:
    BareSocket socket_;

  private:
    void subscribe(const std::string& key, std::uint64_t credit) {
        socket_.send("S", true);
        socket_.send(key, true);
        socket_.send(std::to_string(credit));
        BareMessage answer;
        for (int tries = 0; !socket_.receive(answer, true); ++tries)
            if (tries == 100) fail("the relay does not answer");
    }
};

class R1Publisher : public Publisher {
  public:
    R1Publisher(const BareContext& context, const Plan& plan)
        : socket_(context, ZMQ_DEALER, kMessageHighWater) {
        socket_.connect(plan.endpoint);
    }
    void publish(const Outgoing& message) override { socket_.send(message.payload); }
    void flush() override {}

  private:
    BareSocket socket_;
};

class R1Consumer : public DealerConsumer {
  public:
    R1Consumer(const BareContext& context, const Plan& plan, unsigned index)
        : DealerConsumer(context, plan, index, kMessageHighWater) {}
    void receive(Tally& tally) override {
        BareMessage message;
        if (!socket_.receive(message, true)) return;
        do tally.take(message.bytes());
        while (socket_.receive(message, false));
    }
};

class RecordPublisher : public Publisher {
  public:
    RecordPublisher(const BareContext& context, const Plan& plan)
        : socket_(context, ZMQ_DEALER, kFrameHighWater), out_(plan.frame_bytes) {
        socket_.connect(plan.endpoint);
        for (unsigned q = 0; q < plan.queues; ++q) keys_.push_back(plan.queue(q));
    }
    void publish(const Outgoing& message) override {
        const std::string& key = keys_[message.queue];
        if (!out_.fits(key, message.payload)) flush();
        out_.add(key, message.payload);
    }
    void flush() override {
        const std::size_t size = out_.used();
        if (size != 0) socket_.send(out_.take(), size);
    }
    std::uint64_t confirmed(Wait wait) override {
        std::uint64_t count = 0;
        BareMessage message;
        for (bool more = socket_.receive(message, wait == Wait::yes); more;
             more = socket_.receive(message, false)) {
            std::uint64_t part = 0;
            std::memcpy(&part, message.bytes().data(), sizeof part);
            count += part;
        }
        return count;
    }

  private:
    BareSocket socket_;
    RecordWriter out_;
    std::vector<std::string> keys_;
};

class RecordConsumer : public DealerConsumer {
  public:
    RecordConsumer(const BareContext& context, const Plan& plan, unsigned index)
        : DealerConsumer(context, plan, index, kFrameHighWater), settles_(plan.at_least_once) {}
    void receive(Tally& tally) override {
        BareMessage frame;
        if (!socket_.receive(frame, true)) return;
        int frames = 0;
        do
            for_each_record(frame.bytes(), [&](std::string_view, std::string_view payload) {
                tally.take(payload);
                ++taken_;
            });
        while (++frames < kFramesPerAck && socket_.receive(frame, false));
        if (!settles_) return;
        socket_.send("A", true);
        socket_.send({reinterpret_cast<const char*>(&taken_), sizeof taken_});
    }

  private:
    static constexpr int kFramesPerAck = 8;
    const bool settles_;
    std::uint64_t taken_ = 0;
};

class BareIdle : public Idle, private DealerConsumer {
  public:
    BareIdle(const BareContext& context, const Plan& plan)
        : DealerConsumer(context, plan, 0, kMessageHighWater) {}

  private:
    void receive(Tally&) override {}
};

class BareDriver : public Driver {
  public:
    explicit BareDriver(const Plan& plan) : plan_(plan) {
        if (plan.own_headers) fail("the bare rows have no headers");
        if (plan.at_least_once != (plan.system == "r3a"))
            fail("r1 and r3 are at most once, r3a is at least once");
        ::zmq_ctx_set(context_.get(), ZMQ_MAX_SOCKETS, 20'000);
    }
    std::unique_ptr<Publisher> publisher(unsigned) override {
        if (plan_.system == "r1") return std::make_unique<R1Publisher>(context_, plan_);
        return std::make_unique<RecordPublisher>(context_, plan_);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        if (plan_.system == "r1") return std::make_unique<R1Consumer>(context_, plan_, index);
        return std::make_unique<RecordConsumer>(context_, plan_, index);
    }
    std::unique_ptr<Idle> idle() override { return std::make_unique<BareIdle>(context_, plan_); }

  private:
    const Plan plan_;
    BareContext context_;
};

}  // namespace

std::unique_ptr<Driver> bare_driver(const Plan& plan) {
    return std::make_unique<BareDriver>(plan);
}

}  // namespace bench
