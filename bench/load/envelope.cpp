#include "bench/load/envelope.h"

#include <deque>
#include <thread>

#include "bench/load/counting_proxy.h"
#include "bench/load/zex_client.h"

namespace bench {
namespace {

struct Counted {
    CountingProxy proxy;
    zex::Client client;
    std::uint64_t sent_before = 0;
    std::uint64_t received_before = 0;

    Counted(const Plan& plan, const BareContext& context)
        : proxy(plan.endpoint.substr(plan.endpoint.rfind('/') + 1)),
          client(connect(plan, context, proxy.endpoint())) {}
    void begin() {
        sent_before = proxy.to_server();
        received_before = proxy.to_client();
    }
    double sent() const { return static_cast<double>(proxy.to_server() - sent_before); }
    double received() const { return static_cast<double>(proxy.to_client() - received_before); }

    static zex::Client connect(Plan plan, const BareContext& context, const std::string& through) {
        plan.endpoint = "tcp://" + through;
        return connect_zex(plan, context);
    }
};

void publish(zex::Client& client, const Plan& plan, bool batched) {
    zex::Message message;
    message.payload.bytes.assign(plan.bytes, 'x');
    std::deque<std::future<zex::Result<zex::Confirmed>>> unconfirmed;
    for (std::uint64_t n = 0; n < plan.messages; ++n) {
        if (batched)
            unconfirmed.push_back(client.publish_async("", plan.queue(0), message));
        else
            must(client.publish("", plan.queue(0), message));
    }
    for (auto& future : unconfirmed) must(future.get());
}

void consume(zex::Consumer& consumer, const Plan& plan, bool batched) {
    for (std::uint64_t n = 1; n <= plan.messages; ++n) {
        const zex::Delivery delivery = must(consumer.next(zex::Milliseconds(10'000)));
        if (!batched) must(delivery.ack());
        if (batched && (n % 1000 == 0 || n == plan.messages)) must(delivery.ack_up_to());
    }
}

}  // namespace

EnvelopeBytes measure_envelopes(const Plan& plan, bool batched) {
    BareContext context;
    Counted publisher(plan, context);
    Counted consumer(plan, context);
    must(consumer.client.declare_queue(plan.queue(0)));
    zex::ConsumeOptions options;
    options.credit = plan.window;
    zex::Consumer stream = must(consumer.client.consume(plan.queue(0), options));

    publisher.begin();
    consumer.begin();
    std::thread taker([&] { consume(stream, plan, batched); });
    publish(publisher.client, plan, batched);
    taker.join();
    // The answer to a ping comes after all that was sent before it, and is a few bytes itself.
    must(consumer.client.ping());

    const auto count = static_cast<double>(plan.messages);
    const auto payload = static_cast<double>(plan.bytes);
    const EnvelopeBytes bytes{publisher.sent() / count - payload, publisher.received() / count,
                              consumer.received() / count - payload, consumer.sent() / count};
    must(consumer.client.delete_queue(plan.queue(0)));
    return bytes;
}

}  // namespace bench
