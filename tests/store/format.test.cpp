// The format does not change by accident: tests/store/fixtures has a directory of each version,
// which must be read for ever, and version 1 is still written byte by byte as it was.
// To add a fixture: ZEX_FIXTURE=DIR test_store '[fixture]' writes one.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

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

std::string bytes_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("a directory of version 1 is read") {
    TemporaryDirectory home;
    fs::copy(fixtures / "v1", home.path + "/data", fs::copy_options::recursive);
    store::PosixDisk disk;
    store::LogStore log(disk, home.path + "/data", options);
    auto found = log.recover({});
    REQUIRE(found.ok());
    CHECK_FALSE(found->damaged());
    CHECK(model_of(*found, log).text() == bytes_of(fixtures / "v1.txt"));
}

TEST_CASE("version 1 is written as it always was, byte by byte") {
    TemporaryDirectory home;
    CHECK(live(home.path + "/data") == bytes_of(fixtures / "v1.txt"));
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fixtures / "v1")) {
        if (!entry.is_regular_file()) continue;
        const fs::path name = fs::relative(entry.path(), fixtures / "v1");
        INFO(name);
        CHECK((bytes_of(entry.path()) == bytes_of(home.path / ("data" / name))));
        ++files;
    }
    CHECK(files >= 4);
}

TEST_CASE("a fixture is written", "[.][fixture]") {
    const char* target = std::getenv("ZEX_FIXTURE");
    REQUIRE(target != nullptr);
    std::ofstream(std::string(target) + ".txt", std::ios::binary) << live(target);
}

}  // namespace zex::test
