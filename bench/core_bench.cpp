// Messages through the core alone: publish, route, enqueue, deliver, settle; no socket, no codec.
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "broker/core/core.h"

namespace {

using namespace zex;

/// A core with one session that publishes and consumes.
class Bench {
  public:
    explicit Bench(bool no_ack) {
        wire::Hello hello;
        hello.versions = {wire::protocol_version};
        hello.batch = true;
        send(hello);
        wire::DeclareExchange exchange;
        exchange.exchange = "x";
        send(exchange);
        wire::DeclareQueue queue;
        queue.queue = "q";
        send(queue);
        send(wire::Bind{"q", "x", {"k"}});
        wire::Consume consume;
        consume.queue = "q";
        consume.consumer = "c";
        consume.credit = 1'000'000;
        consume.credit_bytes = 1'000'000'000;
        consume.no_ack = no_ack;
        send(consume);
    }

    void send(wire::Operation operation, std::optional<std::uint64_t> id = {}) {
        request_ = {id, std::move(operation)};
        effects_.clear();
        core_.apply(core::PeerRequest{ConnectionId(1), wire::Form::msgpack, "bench", &request_},
                    {now_}, effects_);
        benchmark::DoNotOptimize(effects_.list.size());
    }

  private:
    std::uint64_t seed_ = 0;
    core::Core core_{core::Limits{}, [this] { return ++seed_; }};
    core::Effects effects_;
    wire::Request request_;
    Instant now_{std::chrono::seconds(1)};
};

wire::Publish batch_of(std::size_t messages, std::size_t size, const std::string& body) {
    wire::Publish publish;
    publish.exchange = "x";
    publish.body = body;
    publish.batch = messages > 1;
    static const std::string key = "k";
    publish.messages.assign(messages, {key, static_cast<std::uint32_t>(size), {}});
    return publish;
}

/// Arguments: messages in a batch, payload bytes.
void at_most_once(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto size = static_cast<std::size_t>(state.range(1));
    const std::string body(count * size, 'x');
    const wire::Publish publish = batch_of(count, size, body);
    Bench bench(true);
    for (auto _ : state) bench.send(publish);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(at_most_once)->Args({1, 128})->Args({1000, 128})->Args({1000, 1024});

void at_least_once(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto size = static_cast<std::size_t>(state.range(1));
    const std::string body(count * size, 'x');
    const wire::Publish publish = batch_of(count, size, body);
    Bench bench(false);
    std::uint64_t tag = 0;
    wire::Settle settle;
    settle.consumer = "c";
    for (auto _ : state) {
        bench.send(publish, tag + 1);
        settle.tags = {{tag + 1, tag + count}};
        tag += count;
        bench.send(settle);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(at_least_once)->Args({1, 128})->Args({1000, 128})->Args({1000, 1024});

}  // namespace

BENCHMARK_MAIN();
