// Many messages through the real programs: none lost, none twice; and when a consumer is killed,
// none lost, and what comes twice says so.
#include <chrono>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/support/broker_process.h"
#include "tests/support/dealer.h"

using nlohmann::json;
using namespace zex::test;

namespace {

/// Lines of 128 bytes, each with its number in front.
std::string numbered_lines(std::size_t count) {
    std::string text;
    text.reserve(count * 129);
    for (std::size_t i = 0; i < count; ++i) {
        std::string line = std::to_string(i);
        line.resize(128, '.');
        text += line + '\n';
    }
    return text;
}

std::size_t number_of(const std::string& payload) {
    return std::stoul(payload);
}

}  // namespace

TEST_CASE("two hundred thousand messages of 128 bytes arrive, none lost, none twice, in order") {
    constexpr std::size_t count = 200'000;
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    REQUIRE(run({built("zex"), "declare", "exchange", "stream"}, "", at).code == 0);
    Process sub(
        {built("zex"), "sub", "stream", "--key", "k", "--raw", "--count", std::to_string(count)},
        "", at);
    REQUIRE(sub.err_line("ready"));

    const Finished pub =
        run({built("zex"), "pub", "stream", "k", "--lines", "-"}, numbered_lines(count), at);
    INFO(pub.err);
    REQUIRE(pub.code == 0);
    REQUIRE(sub.wait() == 0);

    const std::vector<std::string> lines = sub.out_lines();
    REQUIRE(lines.size() == count);
    bool in_order = true;
    for (std::size_t i = 0; i < count; ++i) {
        in_order = in_order && number_of(lines[i]) == i && lines[i].size() == 128;
    }
    CHECK(in_order);
}

TEST_CASE("a consumer killed in mid-stream loses no message, and what comes again is flagged") {
    constexpr std::size_t count = 20'000;
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    Dealer watcher(broker.endpoint());
    watcher.hello();
    watcher.ask({{"op", "declare_queue"}, {"queue", "work"}});
    const std::vector<std::string> sub = {built("zex"), "sub",      "--queue", "work",
                                          "--json",     "--credit", "200"};
    Process survivor(sub, "", at);
    Process victim(sub, "", at);
    REQUIRE(survivor.err_line("ready"));
    REQUIRE(victim.err_line("ready"));

    Process pub({built("zex"), "pub", "", "work", "--lines", "-"}, numbered_lines(count), at);
    REQUIRE(victim.wait_out_lines(100));
    // Stopped first, so that it holds deliveries for certain when it is killed.
    victim.signal(SIGSTOP);
    REQUIRE(pub.wait() == 0);
    const auto unacked = [&] {
        const Heard heard = watcher.ask({{"op", "list"}, {"id", 1}, {"what", "queues"}});
        return heard.envelope.at("rows").at(0).at("unacked").get<std::size_t>();
    };
    victim.signal(SIGKILL);
    REQUIRE(victim.wait() == 128 + SIGKILL);

    // A message that the victim acked it had printed before.
    std::set<std::size_t> printed_by_victim;
    for (const std::string& line : victim.out_lines()) {
        const json message = json::parse(line, nullptr, false);
        if (message.is_object()) printed_by_victim.insert(number_of(message.at("payload")));
    }
    REQUIRE(survivor.wait_out_lines(count - printed_by_victim.size()));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (unacked() > 0 && std::chrono::steady_clock::now() < deadline) {
    }
    CHECK(unacked() == 0);

    std::set<std::size_t> seen = printed_by_victim;
    std::set<std::size_t> by_survivor;
    std::size_t flagged = 0;
    std::size_t unflagged_repeats = 0;
    for (const std::string& line : survivor.out_lines()) {
        const json message = json::parse(line);
        const std::size_t number = number_of(message.at("payload"));
        const bool redelivered = message.at("redelivered").get<bool>();
        CHECK(by_survivor.insert(number).second);
        if (redelivered) ++flagged;
        if (!redelivered && printed_by_victim.contains(number)) ++unflagged_repeats;
        seen.insert(number);
    }
    CHECK(seen.size() == count);
    CHECK(flagged > 0);
    CHECK(unflagged_repeats == 0);
    const json status = watcher.ask({{"op", "status"}, {"id", 1}}).envelope.at("rows");
    CHECK(status.at("requeued").get<std::size_t>() == flagged);
    CHECK(status.at("acked").get<std::size_t>() == count);
}

TEST_CASE("a broken connection is noticed without waiting for a heartbeat") {
    const std::string socket = "ipc:///tmp/zexd-e2e-" + std::to_string(getpid()) + ".sock";
    for (const std::string& listen : {std::string("tcp://127.0.0.1:0"), socket}) {
        INFO(listen);
        BrokerProcess broker({}, listen);
        Dealer holder(broker.endpoint());
        holder.hello({{"heartbeat_ms", 600'000}});
        holder.ask({{"op", "declare_queue"}, {"queue", "q"}});
        holder.ask({{"op", "consume"}, {"queue", "q"}, {"consumer", "c"}});
        holder.send_json({{"op", "publish"}, {"exchange", ""}, {"key", "q"}}, "held");
        REQUIRE(holder.hear()->op() == "deliver");

        Dealer heir(broker.endpoint());
        heir.hello();
        heir.ask({{"op", "consume"}, {"queue", "q"}, {"consumer", "c"}});
        holder.drop();
        const auto again = heir.hear();
        REQUIRE(again);
        CHECK(again->op() == "deliver");
        CHECK(again->body == "held");
        CHECK(again->envelope.at("redelivered") == true);
        CHECK(again->envelope.at("deliveries") == 2);
    }
}
