// That the disk of the power cuts loses what it may, and nothing else; and that the recorder sees
// all that a broker does.
#include "tests/torture/power_cut.h"

#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <fcntl.h>

#include "tests/support/broker_process.h"
#include "tests/support/dealer.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/file_record.h"
#include "tests/torture/zexd.h"

using namespace zex::test;

namespace {

constexpr Cut all_cuts[] = {Cut::keeps_all, Cut::keeps_none, Cut::in_order, Cut::by_sector,
                            Cut::by_page};

FileEvent begun(FileOp op, int fd, std::int64_t a, std::int64_t b, std::string first,
                std::int64_t result) {
    static std::uint64_t call = 0;
    return {op, FilePhase::begin, 0, ++call, fd, a, b, std::move(first), "", result};
}

FileEvent opened(const std::string& path, int fd) {
    return begun(FileOp::open, -1, O_RDWR | O_CREAT, 0, path, fd);
}

FileEvent written(int fd, std::int64_t offset, const std::string& bytes) {
    return begun(FileOp::write, fd, offset, 0, bytes, static_cast<std::int64_t>(bytes.size()));
}

void sync(
    CutDisk& disk, int fd, const std::function<void()>& meanwhile = [] {}) {
    FileEvent event = begun(FileOp::sync, fd, 0, 0, "", 0);
    disk.apply(event);
    meanwhile();
    event.phase = FilePhase::end;
    disk.apply(event);
}

/// All that many cuts left of a file; "-" where it was not there.
std::set<std::string> left(const CutDisk& disk, const std::string& path) {
    std::set<std::string> contents;
    std::mt19937_64 random(1);
    for (int i = 0; i < 200; ++i) {
        const Tree tree = disk.after(all_cuts[i % cuts], random);
        const auto found = tree.find(path);
        contents.insert(found == tree.end() ? "-" : found->second);
    }
    return contents;
}

using Contents = std::set<std::string>;

}  // namespace

TEST_CASE("a power cut takes what was not synced, and only that", "[torture]") {
    CutDisk disk("/d", {});
    disk.apply(opened("/d/f", 3));
    disk.apply(written(3, 0, "old"));
    sync(disk, 3);
    CHECK(left(disk, "f") == Contents{"-", "old"});  // its name may be lost
    disk.apply(begun(FileOp::open, -1, O_RDONLY, 1, "/d", 4));
    sync(disk, 4);
    CHECK(left(disk, "f") == Contents{"old"});
    disk.apply(written(3, 0, "new"));
    CHECK(left(disk, "f") == Contents{"old", "new"});
    sync(disk, 3, [&] { disk.apply(written(3, 0, "NEW")); });
    CHECK(left(disk, "f") == Contents{"new", "NEW"});
    CHECK(disk.unsynced_bytes() == 3);
}

TEST_CASE("each sector of an unsynced write is lost for itself", "[torture]") {
    CutDisk disk("/d", {{"f", std::string(1024, 'a')}});
    disk.apply(opened("/d/f", 3));
    disk.apply(written(3, 0, std::string(1024, 'b')));
    CHECK(left(disk, "f") == Contents{std::string(1024, 'a'), std::string(1024, 'b'),
                                      std::string(512, 'a') + std::string(512, 'b'),
                                      std::string(512, 'b') + std::string(512, 'a')});
}

TEST_CASE("what lies in a directory whose name was lost is lost", "[torture]") {
    CutDisk disk("/d", {});
    disk.apply(begun(FileOp::make_directory, -1, 0, 0, "/d/s", 0));
    disk.apply(opened("/d/s/f", 3));
    disk.apply(written(3, 0, "x"));
    sync(disk, 3);
    disk.apply(begun(FileOp::open, -1, O_RDONLY, 1, "/d/s", 4));
    sync(disk, 4);
    CHECK(left(disk, "s/f") == Contents{"-", "x"});
    disk.apply(begun(FileOp::open, -1, O_RDONLY, 1, "/d", 5));
    sync(disk, 5);
    CHECK(left(disk, "s/f") == Contents{"x"});
}

TEST_CASE("the record of a broker's calls makes the directory that the broker made", "[torture]") {
    const TemporaryDirectory directory;
    const std::string root = directory.path + "/disk";
    const std::string record = directory.path + "/record";
    std::filesystem::create_directory(root);
    ZexdSetup setup = small_log(root);
    setup.environment = preloaded(built("tests/torture/libfile_recorder.so"),
                                  {{record_to, record}, {record_below, root}});
    Zexd zexd(setup);
    Dealer client(zexd.endpoint());
    client.hello();
    REQUIRE(
        client.ask({{"op", "declare_queue"}, {"id", 1}, {"queue", "q"}, {"durable", true}}).op() ==
        "ok");
    for (int i = 0; i < 30; ++i) {  // several segments
        const Heard heard =
            client.ask({{"op", "publish"}, {"id", 2 + i}, {"exchange", ""}, {"key", "q"}},
                       std::string(10'000, 'x'));
        REQUIRE(heard.op() == "confirm");
    }
    REQUIRE(client.ask({{"op", "backup"}, {"id", 100}, {"name", "b"}}).op() == "ok");
    REQUIRE(client.ask({{"op", "purge"}, {"id", 101}, {"queue", "q"}}).op() == "ok");
    REQUIRE(zexd.terminate() == 0);
    CutDisk disk(root, {});
    for (const FileEvent& event : read_record(record)) disk.apply(event);
    disk.killed();
    const Tree real = read_tree(root);
    CHECK(real.size() > 8);
    CHECK((disk.seen() == real));
}
