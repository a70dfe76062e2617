// A JSON client as anyone would write it from docs/protocol.md: a DEALER socket, one message a
// frame, no batches, no library of ours. Shows what such a client costs the broker. It publishes at
// most once; its messages are taken by the client library.
#include "bench/load/bare_zmq.h"
#include "bench/load/driver.h"
#include "bench/load/fail.h"

namespace bench {
namespace {

class PlainPublisher : public Publisher {
  public:
    explicit PlainPublisher(const Plan& plan)
        : socket_(context_, ZMQ_DEALER, 1000),
          envelope_(R"({"op":"publish","exchange":"","key":")" + plan.queue(0) + R"("})") {
        socket_.connect(plan.endpoint);
        socket_.send(R"({"op":"hello","id":1,"versions":[1],"client":"plain"})");
        BareMessage welcome;
        for (int tries = 0; !socket_.receive(welcome, true); ++tries)
            if (tries == 100) fail("zexd does not answer");
        if (welcome.bytes().find("\"welcome\"") == std::string_view::npos) fail(welcome.bytes());
    }
    ~PlainPublisher() override {
        // A socket that is closed drops what it has not sent yet: wait until the broker has it.
        socket_.send(R"({"op":"close","id":2})");
        BareMessage answer;
        for (int tries = 0; !socket_.receive(answer, true) && tries < 100; ++tries) {
        }
    }
    void publish(const Outgoing& message) override {
        socket_.send(envelope_, true);
        socket_.send(message.payload);
    }
    void flush() override {}

  private:
    BareContext context_;
    BareSocket socket_;
    const std::string envelope_;
};

class PlainDriver : public Driver {
  public:
    explicit PlainDriver(const Plan& plan) : plan_(plan), library_(zex_driver(plan)) {
        if (plan.at_least_once || plan.own_headers || plan.fanout || plan.queues != 1)
            fail("zex-plain publishes at most once to one queue");
    }
    void prepare() override { library_->prepare(); }
    std::unique_ptr<Publisher> publisher(unsigned) override {
        return std::make_unique<PlainPublisher>(plan_);
    }
    std::unique_ptr<Consumer> consumer(unsigned index) override {
        return library_->consumer(index);
    }
    void tear_down() override { library_->tear_down(); }

  private:
    const Plan plan_;
    std::unique_ptr<Driver> library_;
};

}  // namespace

std::unique_ptr<Driver> zex_plain_driver(const Plan& plan) {
    return std::make_unique<PlainDriver>(plan);
}

}  // namespace bench
