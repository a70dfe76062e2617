#include "bench/load/requesters.h"

#include <algorithm>
#include <thread>

namespace bench {

class Requesters::One {
  public:
    One(const Plan& plan, const BareContext& context, Shared& shared) : shared_(shared) {
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
    ~One() { must(client_->close()); }
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

Requesters::Requesters(const Plan& plan, unsigned connections) {
    ::zmq_ctx_set(context_.get(), ZMQ_MAX_SOCKETS, 100'000);
    shared_.queue = plan.queue(0);
    while (all_.size() < connections) all_.emplace_back(plan, context_, shared_);
}

Requesters::~Requesters() = default;

Requests Requesters::run(double seconds) {
    const std::uint64_t start = now_ns();
    for (One& one : all_) one.ask();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    Requests outcome;
    outcome.answered = shared_.answered.load();
    outcome.seconds = static_cast<double>(now_ns() - start) / 1e9;
    shared_.stop = true;
    drain();
    outcome.errors = shared_.errors.load() + shared_.under_way.load();
    for (const One& one : all_)
        outcome.latencies_ns.insert(outcome.latencies_ns.end(), one.latencies_ns().begin(),
                                    one.latencies_ns().end());
    return outcome;
}

// Returns when there is no request under way, or ten seconds have gone.
void Requesters::drain() const {
    const std::uint64_t start = now_ns();
    while (shared_.under_way.load() != 0 && now_ns() - start < 10'000'000'000)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace bench
