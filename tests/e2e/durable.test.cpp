// What is durable, with the real broker: killed, stopped, started again, and refused where it must.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "broker/store/log_files.h"
#include "tests/support/broker_process.h"
#include "tests/support/check_log.h"
#include "tests/support/dealer.h"
#include "tests/support/temporary_directory.h"

using nlohmann::json;
using namespace zex::test;

namespace {

struct House {
    TemporaryDirectory directory;
    BrokerProcess broker{{"--data-dir", directory.path}};
    Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};

    Finished zex(std::vector<std::string> arguments, std::string input = {}) const {
        arguments.insert(arguments.begin(), built("zex"));
        return run(std::move(arguments), std::move(input), at);
    }
    /// Of the log as it lies there.
    void check_log() const { zex::test::check_log(directory.path); }
    void kill_and_restart() {
        broker.kill();
        check_log();
        broker.restart();
    }
};

/// "0\n1\n…": payloads that tell their order.
std::string numbers(std::uint64_t count) {
    std::string lines;
    for (std::uint64_t i = 0; i < count; ++i) lines += std::to_string(i) + "\n";
    return lines;
}

Finished start_on(const std::string& directory) {
    return run({built("zexd"), "--listen", "tcp://127.0.0.1:0", "--data-dir", directory});
}

/// The file that a log begins with.
std::string first_segment(const std::string& directory) {
    std::string first;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/log")) {
        const std::string name = entry.path().filename();
        if (!zex::store::segment_number(name)) continue;
        if (first.empty() || entry.path() < first) first = entry.path();
    }
    REQUIRE_FALSE(first.empty());
    return first;
}

void overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
    REQUIRE(file.good());
}

void publish(Dealer& dealer, std::uint64_t id, const std::string& queue, std::uint64_t count) {
    json entries = json::array();
    std::string body;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string payload = std::to_string(id + i);
        entries.push_back(payload.size());
        body += payload;
    }
    dealer.send_json(
        {{"op", "publish"}, {"id", id}, {"exchange", ""}, {"key", queue}, {"messages", entries}},
        body);
}

struct Got {
    std::uint64_t number = 0;
    bool redelivered = false;
    std::uint64_t tag = 0;
};

/// The next delivery of a client that knows no batches.
Got next(Dealer& dealer) {
    const auto heard = dealer.hear();
    REQUIRE(heard);
    REQUIRE(heard->op() == "deliver");
    return {std::stoull(heard->body.value()), heard->envelope.value("redelivered", false),
            heard->envelope.at("tag")};
}

json row_of(const json& rows, const std::string& name) {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const json& r) { return r.at("name") == name; });
    REQUIRE(row != rows.end());
    return *row;
}

}  // namespace

TEST_CASE("kill -9: durable exchanges, queues, bindings and messages are there, others are not") {
    House house;
    REQUIRE(house.zex({"declare", "exchange", "logs", "--durable"}).code == 0);
    REQUIRE(house.zex({"declare", "exchange", "passing"}).code == 0);
    REQUIRE(house.zex({"declare", "queue", "kept", "--durable"}).code == 0);
    REQUIRE(
        house.zex({"declare", "queue", "soon", "--durable", "--durability", "interval 50"}).code ==
        0);
    REQUIRE(house.zex({"declare", "queue", "memory"}).code == 0);
    for (const char* queue : {"kept", "soon", "memory"}) {
        REQUIRE(house.zex({"bind", queue, "logs", "--key", "k"}).code == 0);
        REQUIRE(house.zex({"bind", queue, "passing", "--key", "k"}).code == 0);
    }
    REQUIRE(house.zex({"pub", "logs", "k", "--file", "-", "--lines"}, numbers(2000)).code == 0);

    const std::string table = house.zex({"queues"}).out;
    CHECK(table.find("DURABILITY") != std::string::npos);
    CHECK(table.find("interval 50") != std::string::npos);
    CHECK(house.zex({"declare", "queue", "x", "--durability", "sync"}).code == 64);

    house.kill_and_restart();

    Dealer dealer(house.broker.endpoint());
    CHECK(dealer.hello().at("durability") == "sync");
    // A list would be answered while the log is still being read; this waits for it.
    REQUIRE(dealer.ask({{"op", "declare_queue"}, {"queue", "kept"}, {"passive", true}}).op() ==
            "ok");
    const json all = dealer.ask({{"op", "list"}, {"what", "queues"}}).envelope.at("rows");
    CHECK(all.size() == 2);
    CHECK(row_of(all, "kept").at("durability") == "sync");
    CHECK(row_of(all, "soon").at("durability") == "interval 50");
    CHECK(row_of(all, "kept").at("ready") == 2000);
    CHECK(row_of(all, "soon").at("ready") == 2000);
    const json bindings = dealer.ask({{"op", "list"}, {"what", "bindings"}}).envelope.at("rows");
    CHECK(bindings.size() == 2);
    for (const json& binding : bindings) CHECK(binding.at("exchange") == "logs");

    for (const char* queue : {"kept", "soon"}) {
        dealer.send_json({{"op", "consume"}, {"queue", queue}, {"consumer", queue}});
        std::uint64_t wrong = 0;
        for (std::uint64_t i = 0; i < 2000; ++i) {
            if (i == 0) REQUIRE(dealer.hear()->op() == "ok");
            const Got got = next(dealer);
            // Nobody consumed them before the kill, so none of them is flagged.
            if (got.number != i || got.redelivered) ++wrong;
            if (i % 50 == 49) {
                dealer.send_json(
                    {{"op", "settle"}, {"consumer", queue}, {"tag", got.tag}, {"up_to", true}});
            }
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("kill -9: what was delivered comes again flagged and in order, what was acked may") {
    House house;
    REQUIRE(house.zex({"declare", "queue", "q", "--durable"}).code == 0);
    constexpr std::uint64_t count = 500;
    REQUIRE(house.zex({"pub", "", "q", "--file", "-", "--lines"}, numbers(count)).code == 0);
    {
        Dealer dealer(house.broker.endpoint());
        dealer.hello();
        dealer.send_json({{"op", "consume"}, {"queue", "q"}, {"consumer", "c"}, {"credit", 100}});
        REQUIRE(dealer.hear()->op() == "ok");
        for (std::uint64_t i = 0; i < 100; ++i) REQUIRE(next(dealer).number == i);
        const Heard settled =
            dealer.ask({{"op", "settle"}, {"id", 7}, {"consumer", "c"}, {"tags", {{1, 40}}}});
        // Further deliveries may come before the answer.
        CHECK((settled.op() == "ok" || settled.op() == "deliver"));
    }
    house.kill_and_restart();

    Dealer dealer(house.broker.endpoint());
    dealer.hello();
    dealer.send_json({{"op", "consume"}, {"queue", "q"}, {"consumer", "c"}, {"credit", 1000}});
    REQUIRE(dealer.hear()->op() == "ok");
    Got got = next(dealer);
    CHECK(got.number <= 40);  // an ack takes up to a second to the disk
    for (std::uint64_t i = got.number;; ++i) {
        REQUIRE(got.number == i);
        if (i < 140) CHECK(got.redelivered);
        if (i + 1 == count) break;
        got = next(dealer);
    }
    CHECK(
        dealer
            .ask(
                {{"op", "settle"}, {"consumer", "c"}, {"tag", got.tag}, {"up_to", true}, {"id", 8}})
            .op() == "ok");
    REQUIRE(house.broker.terminate() == 0);
    house.check_log();
    house.broker.restart();
    CHECK(house.zex({"sub", "--queue", "q", "--count", "1", "--timeout", "200ms"}).code == 75);
}

TEST_CASE("a data directory takes no room until something durable is declared") {
    const TemporaryDirectory home;
    const std::string directory = home.path + "/data";
    BrokerProcess broker({"--data-dir", directory});
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    REQUIRE(run({built("zex"), "declare", "queue", "t"}, "", at).code == 0);
    REQUIRE(run({built("zex"), "pub", "", "t", "x"}, "", at).code == 0);
    CHECK(std::filesystem::exists(directory + "/lock"));
    CHECK(std::filesystem::is_empty(directory + "/log"));
    REQUIRE(run({built("zex"), "declare", "queue", "d", "--durable"}, "", at).code == 0);
    REQUIRE(run({built("zex"), "pub", "", "d", "x"}, "", at).code == 0);
    CHECK_FALSE(std::filesystem::is_empty(directory + "/log"));
    broker.kill();
    broker.restart();
    CHECK(run({built("zex"), "sub", "--queue", "d", "--count", "1"}, "", at).out.find('x') !=
          std::string::npos);
}

TEST_CASE("a data directory belongs to one broker at a time") {
    House house;
    REQUIRE(house.zex({"declare", "queue", "q", "--durable"}).code == 0);
    const Finished second = start_on(house.directory.path);
    CHECK(second.code == 75);
    CHECK(second.err.find(house.directory.path) != std::string::npos);
    CHECK(house.zex({"pub", "", "q", "still here"}).code == 0);
    CHECK(house.broker.terminate() == 0);
    BrokerProcess third({"--data-dir", house.directory.path});
    CHECK(third.terminate() == 0);
}

TEST_CASE("a directory of somebody else is left alone, with code 65 and its name") {
    const TemporaryDirectory directory;
    std::ofstream(directory.path + "/thesis.txt") << "chapter one";
    const Finished refused = start_on(directory.path);
    CHECK(refused.code == 65);
    CHECK(refused.err.find(directory.path) != std::string::npos);
    CHECK(refused.err.find("thesis.txt") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(directory.path + "/log"));
}

TEST_CASE("a segment of another log is refused, since each log has an id of its own") {
    House house;
    const House other;
    for (const House* each : {&std::as_const(house), &other}) {
        REQUIRE(each->zex({"declare", "queue", "q", "--durable"}).code == 0);
    }
    REQUIRE(house.broker.terminate() == 0);
    const std::string segment = first_segment(house.directory.path);
    std::filesystem::copy_file(first_segment(other.directory.path), segment,
                               std::filesystem::copy_options::overwrite_existing);
    const Finished refused = start_on(house.directory.path);
    CHECK(refused.code == 65);
    CHECK(refused.err.find(segment) != std::string::npos);
    CHECK(refused.err.find("another log") != std::string::npos);
}

TEST_CASE("a directory of a newer zex, or an incomplete one, is refused with the file's name") {
    House house;
    REQUIRE(house.zex({"declare", "queue", "q", "--durable"}).code == 0);
    REQUIRE(house.broker.terminate() == 0);
    const std::string identity = house.directory.path + "/identity";
    const std::string kept = identity + "-kept";
    std::filesystem::copy_file(identity, kept);

    zex::store::Identity newer;
    newer.version = zex::store::format_version + 1;
    newer.log_id = 1;
    overwrite(identity, 0, to_block(newer));
    overwrite(identity, zex::store::second_block_at, to_block(newer));
    const Finished too_new = start_on(house.directory.path);
    CHECK(too_new.code == 65);
    CHECK(too_new.err.find(identity) != std::string::npos);
    CHECK(too_new.err.find("data_too_new") != std::string::npos);

    std::filesystem::rename(kept, identity);
    const std::string segment = first_segment(house.directory.path);
    std::filesystem::rename(segment, house.directory.path + "/away");
    const Finished damaged = start_on(house.directory.path);
    CHECK(damaged.code == 65);
    CHECK(damaged.err.find(segment) != std::string::npos);

    std::filesystem::rename(house.directory.path + "/away", segment);
    house.broker.restart();
    CHECK(house.zex({"declare", "queue", "q", "--durable"}).code == 0);
}

TEST_CASE("without a data directory nothing can be durable, and the refusal says what to do") {
    BrokerProcess broker;
    const Process::Environment at = {{"ZEX_ENDPOINT", broker.endpoint()}};
    for (const char* what : {"queue", "exchange"}) {
        const Finished refused = run({built("zex"), "declare", what, "x", "--durable"}, "", at);
        CHECK(refused.code == 65);
        CHECK(refused.err.find("--data-dir") != std::string::npos);
    }
    const Finished backup = run({built("zex"), "backup", "b"}, "", at);
    CHECK(backup.code == 77);
    CHECK(backup.err.find("data directory") != std::string::npos);
    Dealer dealer(broker.endpoint());
    CHECK(dealer.hello().at("durability") == "none");
}

TEST_CASE("SIGTERM while confirms are under way: each message has an answer, or was not taken") {
    House house;
    REQUIRE(house.zex({"declare", "queue", "q", "--durable"}).code == 0);
    std::map<std::uint64_t, std::uint64_t> confirmed;  // first id, behind the last
    {
        Dealer dealer(house.broker.endpoint());
        dealer.hello({{"batch", true}});
        for (std::uint64_t i = 0; i < 100; ++i) publish(dealer, i * 100, "q", 100);
        bool stopping = false;
        for (auto heard = dealer.hear(); heard && heard->op() != "goodbye"; heard = dealer.hear()) {
            REQUIRE(heard->op() == "confirm");
            const std::uint64_t first = heard->envelope.at("id");
            confirmed[first] = first + heard->envelope.value("count", 1);
            if (!stopping) house.broker.process().signal(SIGTERM);
            stopping = true;
        }
    }
    REQUIRE(house.broker.process().wait() == 0);
    std::uint64_t total = 0;
    for (const auto& [first, end] : confirmed) {
        CHECK(first == total);
        total = end;
    }
    REQUIRE(total > 0);

    house.check_log();
    house.broker.restart();
    const Finished drained = house.zex(
        {"sub", "--queue", "q", "--raw", "--count", std::to_string(total), "--timeout", "20"});
    CHECK(drained.code == 0);
    CHECK(drained.out == numbers(total));
}

TEST_CASE("a backup of a running broker under load is a whole broker") {
    House house;
    REQUIRE(house.zex({"declare", "exchange", "x", "--durable"}).code == 0);
    REQUIRE(house.zex({"declare", "queue", "q", "--durable"}).code == 0);
    REQUIRE(house.zex({"bind", "q", "x", "--key", "k"}).code == 0);
    constexpr std::uint64_t before = 3000;
    REQUIRE(house.zex({"pub", "x", "k", "--file", "-", "--lines"}, numbers(before)).code == 0);
    Process load({built("zex"), "pub", "x", "k", "load", "--count", "100000000", "--quiet"}, "",
                 house.at);
    Dealer dealer(house.broker.endpoint());
    dealer.hello();
    const auto stored = [&] {
        return dealer.ask({{"op", "status"}, {"id", 1}})
            .envelope.at("rows")
            .at("confirmed")
            .get<std::uint64_t>();
    };
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (stored() < 2 * before && std::chrono::steady_clock::now() < deadline) {
    }
    const std::uint64_t confirmed = stored();
    const Finished backup = house.zex({"backup", "friday"});
    CHECK(backup.code == 0);
    CHECK(backup.out.find("backups/friday") != std::string::npos);
    CHECK(house.zex({"backup", "friday"}).code == 65);
    load.signal(SIGKILL);
    CHECK(load.wait() == 128 + SIGKILL);
    CHECK(house.broker.terminate() == 0);
    house.check_log();

    check_log(house.directory.path + "/backups/friday");
    BrokerProcess copy({"--data-dir", house.directory.path + "/backups/friday"});
    const Process::Environment at = {{"ZEX_ENDPOINT", copy.endpoint()}};
    const Finished first = run({built("zex"), "sub", "--queue", "q", "--raw", "--count",
                                std::to_string(before), "--timeout", "20"},
                               "", at);
    CHECK(first.code == 0);
    CHECK(first.out == numbers(before));
    const Finished queues = run({built("zex"), "queues", "-o", "json"}, "", at);
    CHECK(row_of(json::parse(queues.out), "q").at("ready") >= confirmed - before);
    CHECK(run({built("zex"), "pub", "x", "k", "goes on", "--mandatory"}, "", at).code == 0);
}
