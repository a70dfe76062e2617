// The format does not change by accident: tests/store/fixtures has a directory of each version,
// which must be read for ever, and version 2 is still written byte by byte as it was.
// To add a fixture: ZEX_FIXTURE=DIR test_store '[fixture]' writes one.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "broker/facts/encoding.h"
#include "broker/store/log_store.h"
#include "broker/store/posix_disk.h"
#include "tests/store/scribe.h"
#include "tests/support/temporary_directory.h"

namespace zex::test {
namespace {

namespace fs = std::filesystem;
const fs::path fixtures = fs::path(ZEX_SOURCE_ROOT) / "tests/store/fixtures";
const store::LogStore::Options options{2048, 0, 0x0123456789abcdef};

/// A short life with a record of each kind.
std::string live(const std::string& directory) {
    store::PosixDisk disk;
    store::LogStore log(disk, directory, options);
    auto found = log.recover({});
    REQUIRE(found.ok());
    Scribe scribe(log, *found, 2048);
    scribe.declare_exchange("logs");
    scribe.declare_exchange("old");
    scribe.declare_queue(1, "all");
    scribe.declare_queue(2, "gone");
    scribe.bind("logs", "error", 1);
    scribe.bind("logs", "debug", 1);
    scribe.unbind("logs", "debug", 1);
    for (int i = 0; i < 20; ++i) scribe.enqueue(1, "payload " + std::to_string(i));
    scribe.enqueue(2, "goes with its queue");
    scribe.remove_queue(2);
    scribe.offer(1, 6);
    scribe.settle(1, {{0, 2}, {4, 4}});
    REQUIRE(scribe.flush(true).ok());
    REQUIRE(scribe.clean().ok());
    for (int i = 20; i < 30; ++i) scribe.enqueue(1, "payload " + std::to_string(i));
    scribe.settle(1, {{9, 9}, {21, 22}});
    scribe.offer(1, 25);
    REQUIRE(scribe.flush(true).ok());
    return scribe.model().text();
}

/// One more field in a declaration, a change of another number, a record of another kind, and a
/// known change with a value that means nothing here.
facts::Records newer_records(const std::string& field, const std::string& change,
                             const std::string& record, const std::string& value) {
    facts::Records out;
    facts::QueueDeclared declared;
    declared.queue = 7;
    declared.name = "newer";
    std::string body;
    facts::append_to(body, declared);
    body += field;
    body[1] = static_cast<char>(body[1] + static_cast<char>(field.size()));
    out.raw_topology(body);

    body.assign(1, '\x40');
    facts::put(body, static_cast<std::uint32_t>(change.size()));
    out.raw_topology(body + change);

    facts::Header header;
    header.kind = static_cast<facts::Kind>(99);
    header.size = static_cast<std::uint32_t>(facts::header_size + record.size());
    out.raw(header, record);

    declared.queue = 8;
    declared.name = value;
    declared.durability = static_cast<facts::Durability>(77);
    body.clear();
    facts::append_to(body, declared);
    out.raw_topology(body);
    return out;
}

std::string bytes_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("a directory of version 1 is read, goes on as version 2, and loses nothing") {
    TemporaryDirectory home;
    const std::string data = home.path + "/data";
    fs::copy(fixtures / "v1", data, fs::copy_options::recursive);
    const std::string expected = bytes_of(fixtures / "v1.txt");
    store::PosixDisk disk;
    {
        store::LogStore log(disk, data, options);
        auto found = log.recover({});
        REQUIRE(found.ok());
        CHECK_FALSE(found->damaged());
        CHECK(model_of(*found, log).text() == expected);
        Scribe scribe(log, *found, 2048);
        // Garbage, so that all that version 1 wrote is compacted.
        scribe.declare_queue(9, "garbage");
        for (int i = 0; i < 100; ++i) scribe.enqueue(9, std::string(100, 'g'));
        scribe.settle(9, {{0, 99}});
        scribe.remove_queue(9);
        REQUIRE(scribe.flush(true).ok());
        REQUIRE(scribe.clean().ok());
        CHECK(scribe.oldest() > 4);
    }
    CHECK(bytes_of(data + "/identity")[8] == 2);
    store::LogStore log(disk, data, options);
    auto found = log.recover({});
    REQUIRE(found.ok());
    CHECK_FALSE(found->damaged());
    CHECK(model_of(*found, log).text() == expected);
}

TEST_CASE("version 2 is written as it always was, byte by byte") {
    TemporaryDirectory home;
    CHECK(live(home.path + "/data") == bytes_of(fixtures / "v2.txt"));
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fixtures / "v2")) {
        if (!entry.is_regular_file()) continue;
        const fs::path name = fs::relative(entry.path(), fixtures / "v2");
        INFO(name);
        CHECK((bytes_of(entry.path()) == bytes_of(home.path / ("data" / name))));
        ++files;
    }
    CHECK(files >= 4);
}

TEST_CASE("what a newer program wrote is kept as it is, through compaction, again and again") {
    TemporaryDirectory home;
    const std::string data = home.path + "/data";
    store::PosixDisk disk;
    const std::string field = "a field that is not known here";
    const std::string change = "a change that is not known here";
    const std::string record = "a record of a kind that is not known here";
    const std::string value = "a queue with an unknown value";
    for (int round = 0; round < 3; ++round) {
        store::LogStore log(disk, data, options);
        auto found = log.recover({});
        REQUIRE(found.ok());
        CHECK_FALSE(found->damaged());
        const std::uint64_t unknown = found->unknown;
        Scribe scribe(log, *found, 2048);
        if (round == 0) {
            scribe.append(newer_records(field, change, record, value));
        } else {
            CHECK(unknown == 3);
            CHECK(scribe.model().queues.at(7).name == "newer");
        }
        scribe.declare_queue(20 + round, "garbage" + std::to_string(round));
        for (int i = 0; i < 100; ++i) scribe.enqueue(20 + round, std::string(100, 'g'));
        scribe.settle(20 + round, {{0, 99}});
        scribe.remove_queue(20 + round);
        REQUIRE(scribe.flush(true).ok());
        const std::uint32_t before = scribe.oldest();
        REQUIRE(scribe.clean().ok());
        CHECK(scribe.oldest() > before);
        std::string all;
        for (const auto& entry : fs::directory_iterator(data + "/log")) {
            all += bytes_of(entry.path());
        }
        for (const std::string& text : {field, change, record, value}) {
            INFO(text);
            CHECK(all.find(text) != std::string::npos);
        }
    }
}

TEST_CASE("a fixture is written", "[.][fixture]") {
    const char* target = std::getenv("ZEX_FIXTURE");
    REQUIRE(target != nullptr);
    std::ofstream(std::string(target) + ".txt", std::ios::binary) << live(target);
}

}  // namespace zex::test
