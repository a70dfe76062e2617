// Messages through all of the broker but its sockets: gate, core, outbox. Each bench has a fixed
// number of turns, so that instruction counts (valgrind --tool=callgrind) can be compared.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include "broker/core/core.h"
#include "broker/shell/gate.h"
#include "broker/shell/outbox.h"
#include "common/wire/codec.h"
#include "common/wire/properties.h"

namespace {

using namespace zex;

constexpr ConnectionId publisher(1);
constexpr std::size_t payload_bytes = 128;
constexpr std::uint64_t batch_messages = 250;
constexpr std::int64_t turns = 200;

class Broker {
  public:
    Broker() {
        open(publisher);
        wire::DeclareExchange exchange;
        exchange.exchange = "x";
        send(publisher, exchange);
    }

    void open(ConnectionId connection) {
        outbox_.open(connection, wire::Form::msgpack);
        wire::Hello hello;
        hello.versions = {wire::protocol_version};
        hello.batch = true;
        send(connection, hello);
    }

    /// A queue bound to `keys`, and a consumer of the same name.
    void consume(ConnectionId connection, const std::string& queue,
                 const std::vector<std::string>& keys, bool no_ack) {
        wire::DeclareQueue declare;
        declare.queue = queue;
        send(connection, declare);
        send(connection, wire::Bind{queue, "x", keys});
        wire::Consume consume;
        consume.queue = queue;
        consume.consumer = queue;
        consume.credit = 1'000'000;
        consume.credit_bytes = 1'000'000'000;
        consume.no_ack = no_ack;
        send(connection, consume);
    }

    void send(ConnectionId from, wire::Operation operation) {
        receive(from, frames_of(wire::encode(wire::Form::msgpack, {++id_, std::move(operation)})));
        outbox_.end_turn();
    }

    static std::vector<std::string> frames_of(wire::Frames&& frames) {
        std::vector<std::string> all{std::move(frames.envelope)};
        if (frames.body) all.push_back(std::move(*frames.body));
        return all;
    }

    void receive(ConnectionId from, const std::vector<std::string>& frames) {
        const std::vector<std::string_view> views(frames.begin(), frames.end());
        auto admitted = gate_.admit(views);
        const auto& request = std::get<wire::Decoded<wire::Request>>(admitted);
        effects_.clear();
        core_.apply(core::PeerRequest{from, request.form, "bench", &request.value}, {now_},
                    effects_);
        for (const core::Effect& effect : effects_.list) perform(effect);
    }

    void end_turn() { outbox_.end_turn(); }

  private:
    void perform(const core::Effect& effect) {
        if (const auto* confirm = std::get_if<core::Confirm>(&effect)) {
            outbox_.confirm(*confirm);
        } else if (const auto* deliver = std::get_if<core::Deliver>(&effect)) {
            outbox_.deliver(*deliver, effects_.messages);
        } else if (const auto* answer = std::get_if<core::Answer>(&effect)) {
            outbox_.answer(answer->to, answer->reply);
        }
    }

    static net::Sent swallow(std::span<net::Outgoing> frames) {
        for (net::Outgoing& frame : frames) frame = net::Outgoing();
        return net::Sent::sent;
    }

    std::uint64_t seed_ = 0;
    std::uint64_t id_ = 0;
    core::Limits limits_;
    shell::Gate gate_{limits_};
    core::Core core_{limits_, [this] { return ++seed_; }};
    core::Effects effects_;
    shell::Outbox outbox_{
        [](ConnectionId, std::span<net::Outgoing> frames) { return swallow(frames); }, {}};
    Instant now_{std::chrono::seconds(1)};
};

/// Frames of a batch whose messages have these keys and properties in turn.
std::vector<std::string> batch(const std::vector<std::string>& keys,
                               const std::vector<std::string>& own) {
    const std::string body(batch_messages * payload_bytes, 'x');
    wire::Publish publish;
    publish.exchange = "x";
    publish.body = body;
    publish.batch = true;
    for (std::uint64_t i = 0; i < batch_messages; ++i) {
        publish.messages.push_back({keys[i % keys.size()], payload_bytes, own[i % own.size()]});
    }
    return Broker::frames_of(wire::encode(wire::Form::msgpack, {1, publish}));
}

std::vector<std::string> own_headers() {
    std::vector<std::string> own;
    for (std::uint64_t i = 0; i < batch_messages; ++i) {
        wire::PropertiesWriter headers;
        headers.text("trace", "0123456789abcdef0123456789abcd" + std::to_string(10 + i % 90));
        headers.text("tenant", "tenant-" + std::to_string(i % 100));
        wire::PropertiesWriter properties;
        properties.text("message_id", "message-" + std::to_string(1'000'000 + i));
        properties.raw("headers", headers.take());
        own.push_back(properties.take());
    }
    return own;
}

std::vector<std::string> numbered(const std::string& name, std::uint64_t count) {
    std::vector<std::string> names;
    for (std::uint64_t i = 0; i < count; ++i) names.push_back(name + std::to_string(i));
    return names;
}

void settle_all(Broker& broker, ConnectionId from, const std::string& consumer,
                std::uint64_t last_tag) {
    wire::Settle settle;
    settle.consumer = consumer;
    settle.tags = {{last_tag, last_tag}};
    settle.up_to = true;
    broker.send(from, settle);
}

/// One queue, at least once. Argument: how many keys lead to it.
void to_one_queue(benchmark::State& state, const std::vector<std::string>& own) {
    const auto keys = numbered("key-", static_cast<std::uint64_t>(state.range(0)));
    Broker broker;
    broker.open(ConnectionId(2));
    broker.consume(ConnectionId(2), "q", keys, false);
    const auto frames = batch(keys, own);
    std::uint64_t tag = 0;
    for (auto _ : state) {
        broker.receive(publisher, frames);
        broker.end_turn();
        settle_all(broker, ConnectionId(2), "q", tag += batch_messages);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_messages));
}
void shared_properties(benchmark::State& state) {
    to_one_queue(state, {{}});
}
void own_properties(benchmark::State& state) {
    to_one_queue(state, own_headers());
}
BENCHMARK(shared_properties)->Arg(1)->Arg(250)->Iterations(turns);
BENCHMARK(own_properties)->Arg(250)->Iterations(turns);

/// Neighbours go to different queues of one consumer's, at least once. Argument: how many.
void to_many_queues(benchmark::State& state) {
    const auto names = numbered("queue-", static_cast<std::uint64_t>(state.range(0)));
    Broker broker;
    broker.open(ConnectionId(2));
    for (const std::string& name : names) broker.consume(ConnectionId(2), name, {name}, false);
    const auto frames = batch(names, {{}});
    const std::uint64_t each = batch_messages / names.size();
    std::uint64_t tag = 0;
    for (auto _ : state) {
        broker.receive(publisher, frames);
        broker.end_turn();
        tag += each;
        for (const std::string& name : names) settle_all(broker, ConnectionId(2), name, tag);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_messages));
}
BENCHMARK(to_many_queues)->Arg(10)->Arg(50)->Iterations(turns);

/// Each consumer gets every message, at most once. Argument: how many connections; items are
/// deliveries.
void fan_out(benchmark::State& state) {
    const auto consumers = static_cast<std::uint64_t>(state.range(0));
    Broker broker;
    for (std::uint64_t i = 0; i < consumers; ++i) {
        broker.open(ConnectionId(2 + i));
        broker.consume(ConnectionId(2 + i), "queue-" + std::to_string(i), {"k"}, true);
    }
    const auto frames = batch({"k"}, {{}});
    for (auto _ : state) {
        broker.receive(publisher, frames);
        broker.end_turn();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0) *
                            static_cast<std::int64_t>(batch_messages));
}
BENCHMARK(fan_out)->Arg(10)->Iterations(turns);

}  // namespace

BENCHMARK_MAIN();
