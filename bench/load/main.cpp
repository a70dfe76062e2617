// The load program of ./dev bench peers: one run of one system, one line of JSON on stdout.
#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "bench/load/driver.h"
#include "bench/load/envelope.h"
#include "bench/load/fail.h"
#include "bench/load/growth.h"
#include "bench/load/memory.h"
#include "bench/load/raw_disk.h"
#include "bench/load/relays.h"
#include "bench/load/requests.h"
#include "bench/load/run.h"

namespace bench {
namespace {

void add_plan(CLI::App& app, Plan& plan) {
    app.add_option("--system", plan.system, "zex, nats, redis, …")->required();
    app.add_option("--endpoint", plan.endpoint, "HOST:PORT or a ZeroMQ endpoint")->required();
    app.add_option("--name", plan.name, "prefix of all queue names")->required();
    app.add_option("--server-pid", plan.server_pid, "whose processor time and memory to measure");
    app.add_option("--bytes", plan.bytes, "of a payload, at least 16")
        ->check(CLI::Range(kStampBytes, std::size_t{1} << 20));
    app.add_option("--window", plan.window, "unconfirmed, and unsettled, messages in all");
    app.add_option("--frame-bytes", plan.frame_bytes, "of a batch of r3 and r3a");
    app.add_flag("--at-least-once", plan.at_least_once);
    app.add_flag("--durable", plan.durable);
}

void add_load(CLI::App& app, Plan& plan) {
    app.add_option("--messages", plan.messages, "of all publishers together");
    app.add_option("--publishers", plan.publishers)->check(CLI::PositiveNumber);
    app.add_option("--consumers", plan.consumers)->check(CLI::PositiveNumber);
    app.add_option("--queues", plan.queues)->check(CLI::PositiveNumber);
    app.add_option("--rate", plan.rate, "messages per second; 0: as fast as it goes");
    app.add_flag("--own-headers", plan.own_headers);
    app.add_flag("--fanout", plan.fanout);
}

double percentile_us(const std::vector<std::uint32_t>& sorted_ns, double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted_ns.size() - 1));
    return static_cast<double>(sorted_ns[index]) / 1e3;
}

void add_latencies(nlohmann::json& line, const std::vector<std::uint32_t>& sorted_ns) {
    if (sorted_ns.empty()) return;
    line["p50_us"] = percentile_us(sorted_ns, 0.5);
    line["p99_us"] = percentile_us(sorted_ns, 0.99);
    line["p999_us"] = percentile_us(sorted_ns, 0.999);
}

nlohmann::json as_json(const Outcome& outcome) {
    const auto delivered = static_cast<double>(outcome.delivered);
    nlohmann::json line = {{"rate", delivered / outcome.seconds},
                           {"seconds", outcome.seconds},
                           {"delivered", outcome.delivered},
                           {"lost", outcome.lost},
                           {"twice", outcome.twice},
                           {"server_cpu_s", outcome.server_cpu_s}};
    add_latencies(line, outcome.latencies_ns);
    return line;
}

nlohmann::json as_json(const Memory& memory) {
    return {{"count", memory.count}, {"bytes_each", memory.bytes_each}};
}

nlohmann::json as_json(const Requests& requests) {
    nlohmann::json line = {{"rate", static_cast<double>(requests.answered) / requests.seconds},
                           {"errors", requests.errors}};
    add_latencies(line, requests.latencies_ns);
    return line;
}

nlohmann::json as_json(const Growth& growth) {
    return {{"rate", growth.rate}, {"server_us_each", growth.server_us_each}};
}

nlohmann::json as_json(const EnvelopeBytes& bytes) {
    return {{"publish", bytes.publish},
            {"confirm", bytes.confirm},
            {"deliver", bytes.deliver},
            {"settle", bytes.settle}};
}

nlohmann::json as_json(const RawDisk& disk) {
    return {{"rate", static_cast<double>(disk.records) / disk.seconds},
            {"seconds", disk.seconds},
            {"lost", 0}};
}

[[noreturn]] void serve(const Plan& plan) {
    if (plan.system == "r1") serve_r1(plan.endpoint);
    if (plan.system == "r3") serve_r3(plan.endpoint, plan.frame_bytes);
    if (plan.system == "r3a") serve_r3a(plan.endpoint, plan.frame_bytes);
    fail("no relay is called " + plan.system);
}

std::unique_ptr<Driver> driver_of(const Plan& plan) {
    auto driver = make_driver(plan);
    if (!driver) fail("no system is called " + plan.system);
    return driver;
}

void hold_connections(Driver& driver, std::uint64_t count) {
    std::vector<std::unique_ptr<Idle>> all;
    while (all.size() < count) all.push_back(driver.idle());
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
}

// Thousands of connections need more than the usual 1,024 files; root may go beyond the hard limit.
void raise_file_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit wished{100'000, 100'000};
    if (::setrlimit(RLIMIT_NOFILE, &wished) == 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void print(const nlohmann::json& line) {
    std::printf("%s\n", line.dump().c_str());
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    using namespace bench;
    CLI::App app("Puts one system under load and prints what came of it as one line of JSON.");
    app.require_subcommand(1);
    Plan plan;
    std::string what;
    std::uint64_t count = 0;
    double seconds = 2;
    bool batched = false;

    CLI::App* load = app.add_subcommand("load", "publishers, consumers, messages");
    add_plan(*load, plan);
    add_load(*load, plan);
    CLI::App* memory = app.add_subcommand("memory", "per connection, queue or message");
    add_plan(*memory, plan);
    memory->add_option("--what", what)->required();
    memory->add_option("--count", count)->required();
    CLI::App* requests = app.add_subcommand("requests", "request and reply over zex");
    add_plan(*requests, plan);
    requests->add_option("--connections", count)->required();
    requests->add_option("--seconds", seconds);
    CLI::App* growth = app.add_subcommand("growth", "cost of a message among many others");
    add_plan(*growth, plan);
    growth->add_option("--messages", plan.messages);
    growth->add_option("--what", what)->required();
    growth->add_option("--count", count)->required();
    CLI::App* envelope = app.add_subcommand("envelope", "bytes on the wire beyond the payload");
    add_plan(*envelope, plan);
    envelope->add_option("--messages", plan.messages);
    envelope->add_flag("--batched", batched);
    CLI::App* disk = app.add_subcommand("disk", "what the disk does alone; --endpoint DIRECTORY");
    add_plan(*disk, plan);
    disk->add_option("--messages", plan.messages);
    CLI::App* hold = app.add_subcommand("hold", "connect, say so, stay until stdin ends");
    add_plan(*hold, plan);
    hold->add_option("--connections", count)->required();
    CLI::App* relay = app.add_subcommand("serve", "be the broker of r1, r3 or r3a");
    relay->add_option("--system", plan.system)->required();
    relay->add_option("--endpoint", plan.endpoint)->required();
    relay->add_option("--frame-bytes", plan.frame_bytes);
    CLI11_PARSE(app, argc, argv);

    std::signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    if (relay->parsed()) serve(plan);
    if (hold->parsed()) hold_connections(*driver_of(plan), count);
    if (disk->parsed()) print(as_json(measure_raw_disk(plan)));
    if (load->parsed()) print(as_json(run(plan, *driver_of(plan))));
    if (memory->parsed()) print(as_json(measure_memory(plan, what, count)));
    if (requests->parsed())
        print(as_json(measure_requests(plan, static_cast<unsigned>(count), seconds)));
    if (growth->parsed()) print(as_json(measure_growth(plan, what, count)));
    if (envelope->parsed()) print(as_json(measure_envelopes(plan, batched)));
    return 0;
}
