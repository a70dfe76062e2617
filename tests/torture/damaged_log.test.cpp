// The real broker on logs that are not as it wrote them: damaged ones, and those of another
// version. Damage is told and costs what it hit; what is not known is kept.
#include <cstring>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/check_log.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/client.h"
#include "tests/torture/file_record.h"
#include "tests/torture/log_surgeon.h"
#include "tests/torture/power_cut.h"
#include "tests/torture/zexd.h"

using namespace zex::test;
using nlohmann::json;

namespace {

template <class T>
std::string bytes_of(T number) {
    return {reinterpret_cast<const char*>(&number), sizeof number};
}

/// A change in a topology record: its number, its size, and its fields.
struct Change {
    std::uint8_t number = 0;
    std::string fields;

    std::string bytes() const {
        return bytes_of(number) + bytes_of(static_cast<std::uint32_t>(fields.size())) + fields;
    }
};

/// The changes of a record's body.
std::vector<Change> changes_of(std::string_view body) {
    std::vector<Change> changes;
    while (body.size() >= 5) {
        std::uint32_t size = 0;
        std::memcpy(&size, body.data() + 1, sizeof size);
        REQUIRE(size <= body.size() - 5);
        changes.push_back({static_cast<std::uint8_t>(body[0]), std::string(body.substr(5, size))});
        body.remove_prefix(5 + size);
    }
    return changes;
}

constexpr std::uint8_t queue_declared = 2;
constexpr std::uint8_t queue_removed = 3;

RawRecord first_topology_record(const LogSurgeon& surgeon) {
    for (const RawRecord& record : surgeon.records()) {
        if (record.kind == topology_record) return record;
    }
    throw std::runtime_error("nothing is declared");
}

/// The fields of a queue's declaration up to its next sequence, without those that came later.
std::string without_later_fields(const std::string& fields) {
    std::uint32_t name = 0;
    std::memcpy(&name, fields.data() + 8, sizeof name);
    return fields.substr(0, 8 + 4 + name + 1 + 8 + 8 + 1 + 8 + 8);
}

/// Publishes and acks until segments have come and gone.
void churn(Client& client, const std::string& log_of) {
    client.declare_queue("churn");
    const auto first = LogSurgeon(log_of).records().front().segment;
    CHECK(within_patience([&] {
        client.publish("churn", numbered(0, 20, 2000));
        client.take("churn", 20, true);
        return LogSurgeon(log_of).records().front().segment > first + 2;
    }));
}

std::set<std::string> names_of(const json& rows) {
    std::set<std::string> names;
    for (const json& row : rows) names.insert(row.at("name"));
    return names;
}

}  // namespace

TEST_CASE("a flipped bit is damage, also after a power cut that took the mark", "[torture]") {
    const TemporaryDirectory directory;
    const std::string root = directory.path + "/disk";
    const std::string record = directory.path + "/record";
    write_tree({}, root);
    ZexdSetup setup = small_log(root);
    setup.arguments = {"--storage-free-bytes-min", "0"};
    setup.environment =
        preloaded(built("tests/torture/libfile_recorder.so"),
                  {{record_to, record}, {record_below, root}, {record_sync_us, "0"}});
    constexpr std::uint64_t messages = 1000;
    {
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        client.declare_queue("q");
        for (std::uint64_t i = 0; i < messages; ++i) {
            REQUIRE(client.publish("q", {"message " + std::to_string(i) + "."}) == 1);
        }
        zexd.kill();
    }
    CutDisk disk(root, {});
    for (const FileEvent& event : read_record(record)) disk.apply(event);
    std::mt19937_64 random(1);
    Tree left = disk.after(Cut::keeps_none, random);
    std::size_t hits = 0;
    for (auto& [path, bytes] : left) {
        const std::size_t at = bytes.find("message 100.");
        if (at == std::string::npos) continue;
        bytes[at] = 'N';
        ++hits;
    }
    REQUIRE(hits == 1);
    write_tree(left, directory.path + "/left");
    ZexdSetup again = small_log(directory.path + "/left");
    CHECK(run({built("zex"), "log", "verify", again.data}).code == 1);
    Zexd zexd(again);
    Client client(zexd.endpoint());
    CHECK(client.status().at("records_damaged") == 1);
    CHECK(client.status().at("messages_lost") == 1);
    CHECK(client.ready("q") == messages - 1);
}

TEST_CASE("a bad page over a queue's removal does not make two queues of one name", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    {
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        client.must({{"op", "declare_exchange"}, {"exchange", "shop"}, {"durable", true}});
        const json bind = {
            {"op", "bind"}, {"queue", "orders"}, {"exchange", "shop"}, {"key", "new"}};
        client.declare_queue("orders");
        client.must(bind);
        REQUIRE(client.publish("orders", numbered(0, 5, 10)) == 5);
        client.must({{"op", "delete_queue"}, {"queue", "orders"}});
        client.declare_queue("orders");
        client.must(bind);
        REQUIRE(client.publish("orders", numbered(0, 7, 10)) == 7);
        zexd.kill();
    }
    const LogSurgeon surgeon(setup.data);
    int wiped = 0;
    for (const RawRecord& record : surgeon.records()) {
        if (record.kind != topology_record) continue;
        if (changes_of(record.body()).at(0).number != queue_removed) continue;
        surgeon.wipe(record);
        ++wiped;
    }
    REQUIRE(wiped > 0);
    CHECK(run({built("zex"), "log", "verify", setup.data}).code == 1);
    Zexd zexd(setup);
    REQUIRE(zexd.is_ready());
    {
        Client client(zexd.endpoint(), std::chrono::seconds(10));
        const json rows = client.rows("queues");
        CHECK(names_of(rows).size() == rows.size());
        CHECK(client.status().at("queues") == rows.size());
        CHECK(client.rows("bindings").size() <= 2);
        CHECK(client.take("orders", 7, true).size() == 7);
        client.must({{"op", "delete_queue"}, {"queue", "orders"}});
        CHECK_FALSE(names_of(client.rows("queues")).contains("orders"));
    }
    CHECK(zexd.terminate() == 0);
}

TEST_CASE("an exchange of a kind that this version does not know is told and kept", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    {
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        client.must({{"op", "declare_exchange"}, {"exchange", "future"}, {"durable", true}});
        client.declare_queue("q");
        client.must({{"op", "bind"}, {"queue", "q"}, {"exchange", "future"}, {"key", "boundkey"}});
        zexd.kill();
    }
    const LogSurgeon surgeon(setup.data);
    int changed = 0;
    for (const RawRecord& record : surgeon.records()) {
        std::string body(record.body());
        const std::size_t at = body.find("direct");
        if (record.kind != topology_record || at == std::string::npos) continue;
        surgeon.replace_body(record, body.replace(at, 6, "strang"));
        ++changed;
    }
    REQUIRE(changed > 0);
    {
        Zexd zexd(setup);
        REQUIRE(zexd.is_ready());
        CHECK(zexd.process().err().find("strang") != std::string::npos);
        Client client(zexd.endpoint());
        churn(client, setup.data);
        zexd.kill();
    }
    CHECK(surgeon.contains("strang"));
    CHECK(surgeon.contains("boundkey"));
    check_log(setup.data);
}

TEST_CASE("declarations of older and newer versions are read", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    {
        Zexd zexd(setup);
        Client(zexd.endpoint()).declare_queue("q");
        zexd.kill();
    }
    const LogSurgeon surgeon(setup.data);
    const RawRecord first = first_topology_record(surgeon);
    Change declared = changes_of(first.body()).at(0);
    REQUIRE(declared.number == queue_declared);
    const std::string version = GENERATE("older", "newer");
    INFO(version);
    std::string body;
    if (version == "older") {
        declared.fields = without_later_fields(declared.fields);
        body = declared.bytes();
    } else {  // one more field, and a change that is not known
        declared.fields += "NEWFIELD";
        body = declared.bytes() + Change{200, "NEWCHANGE"}.bytes();
    }
    // Three, so that the log does not end before what the mark says was synced.
    surgeon.write_from(first, std::vector<LogSurgeon::Made>(3, {topology_record, body}));
    check_log(setup.data);
    Zexd zexd(setup);
    REQUIRE(zexd.is_ready());
    Client client(zexd.endpoint());
    CHECK(client.status().at("records_damaged") == 0);
    CHECK(names_of(client.rows("queues")) == std::set<std::string>{"q"});
    CHECK(client.publish("q", {"m"}) == 1);
    churn(client, setup.data);
    zexd.kill();
    check_log(setup.data);
    if (version == "newer") {
        CHECK(surgeon.contains("NEWFIELD"));
        CHECK(surgeon.contains("NEWCHANGE"));
    }
}

TEST_CASE("a record of a kind that this version does not know is kept, and no damage",
          "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    {
        Zexd zexd(setup);
        Client(zexd.endpoint()).declare_queue("q");
        zexd.kill();
    }
    const LogSurgeon surgeon(setup.data);
    const RawRecord first = first_topology_record(surgeon);
    const std::string body(first.body());
    // As long as what was there, so that the log does not end before what the mark says was synced.
    surgeon.write_from(first, {{topology_record, body}, {topology_record, body}, {99, "NEWKIND!"}});
    check_log(setup.data);
    Zexd zexd(setup);
    REQUIRE(zexd.is_ready());
    Client client(zexd.endpoint());
    CHECK(client.status().at("records_damaged") == 0);
    churn(client, setup.data);
    zexd.kill();
    CHECK(surgeon.contains("NEWKIND"));
    check_log(setup.data);
}
