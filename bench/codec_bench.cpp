// Envelopes in and out: publish decoded, deliver encoded, in both forms, single and in batches.
#include <cstdint>
#include <string>
#include <variant>

#include <benchmark/benchmark.h>

#include "common/wire/codec.h"
#include "common/wire/properties.h"

namespace {

using namespace zex;

constexpr std::size_t payload_bytes = 128;

std::string some_properties() {
    wire::PropertiesWriter writer;
    writer.text("type", "order.created");
    writer.text("version", "1.0");
    writer.text("content_type", "application/octet-stream");
    return writer.take();
}

wire::Frames publish_frames(wire::Form form, std::size_t count) {
    const std::string properties = some_properties();
    const std::string body(count * payload_bytes, 'x');
    wire::Publish publish;
    publish.exchange = "orders";
    publish.common = properties;
    publish.messages.assign(count, {"eu", payload_bytes, {}});
    publish.body = body;
    publish.batch = count > 1;
    return wire::encode(form, wire::Request{1, publish});
}

/// Argument: messages in an envelope.
void decode_publish(benchmark::State& state, wire::Form form) {
    const wire::Frames frames = publish_frames(form, static_cast<std::size_t>(state.range(0)));
    wire::Decoder decoder;
    for (auto _ : state) {
        auto decoded = decoder.request(frames.envelope, *frames.body);
        if (std::holds_alternative<wire::Refusal>(decoded)) state.SkipWithError("refused");
        benchmark::DoNotOptimize(decoded);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(decode_publish, msgpack, wire::Form::msgpack)->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(decode_publish, json, wire::Form::json)->Arg(1)->Arg(1000);

void encode_deliver(benchmark::State& state, wire::Form form) {
    const std::string properties = some_properties();
    const std::string payload(payload_bytes, 'x');
    const auto count = static_cast<std::size_t>(state.range(0));
    wire::Deliver deliver;
    deliver.consumer = "c-1";
    deliver.first_tag = 1;
    deliver.messages.assign(count, {"orders", "eu", properties, {}, payload, 1});
    for (auto _ : state) {
        wire::encode_deliver(form, deliver, {}, {true, false}, 1 << 20,
                             [](wire::Frames&& frames) { benchmark::DoNotOptimize(frames); });
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(encode_deliver, msgpack, wire::Form::msgpack)->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(encode_deliver, json, wire::Form::json)->Arg(1)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
