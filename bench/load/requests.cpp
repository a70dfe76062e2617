#include "bench/load/requests.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "bench/load/tally.h"
#include "bench/load/zex_client.h"

namespace bench {
namespace {

struct Shared {
    std::string queue;
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::uint64_t> under_way{0};
};

class Requester {
  public:
    Requester(const Plan& plan, const BareContext& context, Shared& shared) : shared_(shared) {
        zex::Options options = zex_options(plan, context);
        options.on_refused = [this](const zex::Refused&) { ++shared_.errors; };
        client_.emplace(must(zex::Client::connect(std::move(options))));
        message_.payload.bytes.assign(plan.bytes, 'q');
        message_.reply_to = must(client_->declare_queue("")).name;
        zex::ConsumeOptions no_ack;
        no_ack.no_ack = true;
        replies_.emplace(must(client_->consume(message_.reply_to, no_ack,
                                               [this](zex::Delivery& d) { on_reply(d); })));
    }
    ~Requester() { must(client_->close()); }
    void ask() {
        message_.correlation_id = std::to_string(++number_);
        ++shared_.under_way;
        asked_ns_ = now_ns();
        must(client_->post("", shared_.queue, message_));
    }
    const std::vector<std::uint32_t>& latencies_ns() const { return latencies_; }

  private:
    void on_reply(const zex::Delivery& delivery) {
        const std::uint64_t late = now_ns() - asked_ns_;
        latencies_.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(late, ~0u)));
        if (delivery.correlation_id() != message_.correlation_id) ++shared_.errors;
        ++shared_.answered;
        --shared_.under_way;
        if (!shared_.stop.load()) ask();
    }

    Shared& shared_;
    zex::Message message_;
    std::uint64_t number_ = 0;
    std::uint64_t asked_ns_ = 0;
    std::vector<std::uint32_t> latencies_;
    std::optional<zex::Client> client_;
    std::optional<zex::Consumer> replies_;
};

void answer(zex::Client& client, const zex::Delivery& request) {
    zex::Message reply;
    reply.payload.bytes = request.bytes();
    reply.correlation_id = request.correlation_id();
    must(client.post("", request.reply_to(), reply));
}

// Returns when there is no request under way, or ten seconds have gone.
void drain(const Shared& shared) {
    const std::uint64_t start = now_ns();
    while (shared.under_way.load() != 0 && now_ns() - start < 10'000'000'000)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

Requests measure_requests(const Plan& plan, unsigned connections, double seconds) {
    BareContext context;
    ::zmq_ctx_set(context.get(), ZMQ_MAX_SOCKETS, 100'000);
    Shared shared;
    shared.queue = plan.queue(0);
    zex::Client server = connect_zex(plan, context);
    must(server.declare_queue(shared.queue));
    zex::ConsumeOptions options;
    options.no_ack = true;
    zex::Consumer requests = must(server.consume(
        shared.queue, options, [&server](zex::Delivery& request) { answer(server, request); }));

    std::deque<Requester> requesters;
    while (requesters.size() < connections) requesters.emplace_back(plan, context, shared);

    const std::uint64_t start = now_ns();
    for (Requester& requester : requesters) requester.ask();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    Requests outcome;
    outcome.answered = shared.answered.load();
    outcome.seconds = static_cast<double>(now_ns() - start) / 1e9;
    shared.stop = true;
    drain(shared);
    outcome.errors = shared.errors.load() + shared.under_way.load();
    for (const Requester& requester : requesters)
        outcome.latencies_ns.insert(outcome.latencies_ns.end(), requester.latencies_ns().begin(),
                                    requester.latencies_ns().end());
    std::sort(outcome.latencies_ns.begin(), outcome.latencies_ns.end());
    must(requests.cancel());
    must(server.delete_queue(shared.queue));
    requesters.clear();
    return outcome;
}

}  // namespace bench
