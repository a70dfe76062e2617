// The real disk, in a directory of its own: that the calls do what the interface says, and that a
// store lives on it. What survives a power cut is the simulated disk's to test.
#include "broker/store/posix_disk.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "broker/store/log_store.h"
#include "tests/store/scribe.h"
#include "tests/support/temporary_directory.h"

namespace zex::test {

namespace fs = std::filesystem;
using store::Access;

TEST_CASE("a real file reads, writes, grows and shrinks") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    auto file = disk.open(home.path + "/file", Access::create);
    REQUIRE(file.ok());
    REQUIRE((*file)->write(10, "hello").ok());
    REQUIRE((*file)->sync().ok());
    std::array<char, 20> into{};
    CHECK((*file)->read(8, into).value() == 7);
    CHECK(std::string(into.data(), 7) == std::string("\0\0hello", 7));
    CHECK((*file)->read(100, into).value() == 0);
    REQUIRE((*file)->preallocate(100).ok());
    CHECK((*file)->size().value() == 100);
    REQUIRE((*file)->preallocate(50).ok());
    CHECK((*file)->size().value() == 100);
    REQUIRE((*file)->truncate(12).ok());
    CHECK((*file)->size().value() == 12);
    CHECK(fs::status(home.path + "/file").permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("room that was set aside and never written is passed over, what was written is not") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    auto file = disk.open(home.path + "/file", Access::create);
    REQUIRE(file.ok());
    constexpr std::uint64_t size = 8 << 20;
    constexpr std::uint64_t written = 5 << 20;
    REQUIRE((*file)->preallocate(size).ok());
    REQUIRE((*file)->write(written, "here").ok());
    CHECK((*file)->next_data(0) <= written);  // a file system that cannot tell says 0
    CHECK((*file)->next_data(written) == written);
    CHECK((*file)->next_data(written + 2) == written + 2);
    CHECK((*file)->next_data(size) == size);
}

TEST_CASE("real directories are made, listed, linked and renamed") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    const std::string deep = home.path + "/a/b";
    REQUIRE(disk.make_directory(home.path + "/a").ok());
    REQUIRE(disk.make_directory(deep).ok());
    REQUIRE(disk.make_directory(deep).ok());
    CHECK(fs::status(deep).permissions() == fs::perms::owner_all);
    REQUIRE(disk.open(deep + "/two", Access::create).value()->write(0, "22").ok());
    REQUIRE(disk.open(deep + "/one", Access::create).ok());
    REQUIRE(disk.link(deep + "/two", deep + "/three").ok());
    REQUIRE(disk.rename(deep + "/one", deep + "/zero").ok());
    REQUIRE(disk.sync_directory(deep).ok());
    const auto entries = disk.list(deep).value();
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].name == "three");
    CHECK(entries[0].bytes == 2);
    CHECK(entries[2].name == "zero");
    REQUIRE(disk.remove(deep + "/two").ok());
    CHECK(disk.remove(deep + "/two").ok());
    CHECK_FALSE(disk.look(deep + "/two").value());
    CHECK(disk.look(deep + "/three").value() == store::EntryKind::file);
    CHECK(disk.look(deep).value() == store::EntryKind::directory);
    CHECK(disk.free_bytes(deep).value() > 0);
}

TEST_CASE("errors of the real disk name the call and the path") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    const Error missing = disk.open(home.path + "/no", Access::read).error();
    CHECK(missing.code == ErrorCode::disk_error);
    CHECK(missing.reason.find("open of " + home.path + "/no") == 0);
    CHECK_FALSE(disk.list(home.path + "/no").ok());
    CHECK_FALSE(disk.sync_directory(home.path + "/no").ok());
    CHECK_FALSE(disk.link(home.path + "/no", home.path + "/new").ok());
    CHECK_FALSE(disk.open("/dev/full", Access::write).ok());  // no regular file
}

TEST_CASE("a link, a pipe and a directory are not opened as files") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    REQUIRE(disk.open(home.path + "/file", Access::create).ok());
    fs::create_symlink(home.path + "/file", home.path + "/link");
    REQUIRE(::mkfifo((home.path + "/pipe").c_str(), 0600) == 0);
    REQUIRE(disk.make_directory(home.path + "/directory").ok());
    for (const char* name : {"/link", "/pipe", "/directory"}) {
        INFO(name);
        CHECK_FALSE(disk.open(home.path + name, Access::read).ok());
        CHECK_FALSE(disk.open(home.path + name, Access::write).ok());
    }
    for (const auto& entry : disk.list(home.path).value()) {
        CHECK((entry.kind == store::EntryKind::file) == (entry.name == "file"));
    }
}

TEST_CASE("a real lock is held once, whatever becomes of the files in the directory") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    {
        auto first = disk.lock(home.path);
        REQUIRE(first.ok());
        auto file = disk.lock_file(home.path + "/lock");
        REQUIRE(file.ok());
        CHECK(disk.lock_file(home.path + "/lock").error().code == ErrorCode::data_in_use);
        fs::remove(home.path + "/lock");
        const Error second = disk.lock(home.path).error();
        CHECK(second.code == ErrorCode::data_in_use);
        CHECK(second.reason.find(home.path) != std::string::npos);
    }
    CHECK(disk.lock(home.path).ok());
}

TEST_CASE("a directory that can be written is told from one that cannot, and nothing is left") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    CHECK(disk.check_writable(home.path).ok());
    CHECK(disk.list(home.path).value().empty());
    CHECK_FALSE(disk.check_writable(home.path + "/no").ok());
}

TEST_CASE("a log lives on a real disk, is cleaned, backed up and restored") {
    TemporaryDirectory home;
    store::PosixDisk disk;
    const store::LogStore::Options options{16 << 10, 2, 77};
    std::string before;
    {
        store::LogStore log(disk, home.path + "/data", options);
        auto found = log.recover({});
        REQUIRE(found.ok());
        Scribe scribe(log, *found, 16 << 10);
        scribe.declare_queue(1, "a");
        for (int i = 0; i < 1000; ++i) scribe.enqueue(1, std::string(50, 'p') + std::to_string(i));
        REQUIRE(scribe.flush(true).ok());
        REQUIRE(log.reserve().ok());
        scribe.settle(1, {{0, 400}, {500, 500}});
        REQUIRE(scribe.clean().ok());
        before = scribe.model().text();
        REQUIRE(log.backup(home.path + "/backup").ok());
    }
    for (const char* name : {"/data", "/backup"}) {
        store::LogStore log(disk, home.path + name, options);
        auto found = log.recover({});
        REQUIRE(found.ok());
        CHECK_FALSE(found->damaged());
        CHECK(model_of(*found, log).text() == before);
    }
}

}  // namespace zex::test
