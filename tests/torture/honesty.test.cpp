// What the real broker answers is so, and stays so: after kill -9, after a clean stop, on a disk
// that refuses, and from a backup.
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/support/broker_process.h"
#include "tests/support/check_log.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/client.h"
#include "tests/torture/fault.h"
#include "tests/torture/file_record.h"
#include "tests/torture/own_disk.h"
#include "tests/torture/power_cut.h"
#include "tests/torture/zexd.h"

namespace fs = std::filesystem;
using namespace zex::test;
using nlohmann::json;

namespace {

/// A directory whose files' calls are recorded.
struct Recorded {
    TemporaryDirectory directory;
    std::string root = directory.path + "/disk";
    std::string record = directory.path + "/record";

    Recorded() { fs::create_directory(root); }

    ZexdSetup setup(const std::string& data) const {
        ZexdSetup setup = small_log(root);
        setup.endpoint = "ipc://" + directory.path + "/zexd.sock";
        setup.data = data;
        setup.environment =
            preloaded(built("tests/torture/libfile_recorder.so"),
                      {{record_to, record}, {record_below, root}, {record_sync_us, "0"}});
        return setup;
    }

    /// What a power cut after all calls leaves at least, in a new directory.
    std::string cut(const std::string& name) const {
        CutDisk disk(root, {});
        for (const FileEvent& event : read_record(record)) disk.apply(event);
        std::mt19937_64 random(1);
        write_tree(disk.after(Cut::keeps_none, random), directory.path + "/" + name);
        return directory.path + "/" + name;
    }
};

/// How a broker that is to be refused on this directory ends; nothing where it starts.
std::optional<int> refused(ZexdSetup setup, std::string& why) {
    Zexd zexd(setup);
    if (zexd.is_ready()) return std::nullopt;
    const auto code = zexd.process().wait();
    why = zexd.process().err();
    return code;
}

/// Each directory of a backup with something in it, whatever its name is at this moment.
std::vector<Tree> backups_in(const Tree& tree) {
    const std::string all = "data/backups/";
    std::map<std::string, Tree> backups;
    for (const auto& [path, bytes] : tree) {
        if (!path.starts_with(all)) continue;
        const std::size_t slash = path.find('/', all.size());
        if (slash == std::string::npos || slash + 1 == path.size()) continue;
        backups[path.substr(0, slash)][path.substr(slash + 1)] = bytes;
    }
    std::vector<Tree> trees;
    for (auto& [name, backup] : backups) trees.push_back(std::move(backup));
    return trees;
}

int verified(const std::string& data) {
    return run({built("zex"), "log", "verify", data}).code;
}

}  // namespace

TEST_CASE("what was answered is so after kill -9", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    const std::string durability = GENERATE("sync", "interval 60000", "none");
    INFO(durability);
    for (int life = 0; life < 8; ++life) {
        INFO("life " << life);
        {
            Zexd zexd(setup);
            Client client(zexd.endpoint());
            client.declare_queue("purged", durability);
            client.declare_queue("deleted", durability);
            for (const char* queue : {"purged", "deleted"}) {
                REQUIRE(client.publish(queue, numbered(0, 100, 10)) == 100);
            }
            client.must({{"op", "delete_queue"}, {"queue", "deleted"}});
            CHECK(client.must({{"op", "purge"}, {"queue", "purged"}}).at("messages") == 100);
            zexd.kill();
        }
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        REQUIRE(client.ready("purged") == 0);
        for (const json& row : client.rows("queues")) REQUIRE(row.at("name") != "deleted");
        zexd.kill();
    }
}

TEST_CASE("a backup that was cut off at any call is refused, or whole", "[torture]") {
    const Recorded recorded;
    {
        Zexd zexd(recorded.setup(recorded.root + "/data"));
        Client client(zexd.endpoint());
        client.declare_queue("q");
        REQUIRE(client.publish("q", numbered(0, 200, 1000)) == 200);
        client.must({{"op", "backup"}, {"name", "friday"}});
        zexd.kill();
    }
    const std::vector<FileEvent> events = read_record(recorded.record);
    CutDisk disk(recorded.root, {});
    const std::string backup = recorded.directory.path + "/backup";
    ZexdSetup setup = small_log(recorded.directory.path);
    setup.data = backup;
    int whole = 0;
    for (const FileEvent& event : events) {
        disk.apply(event);
        if (event.op == FileOp::open || event.op == FileOp::close) continue;
        INFO("after " << event.text());
        for (const Tree& tree : backups_in(disk.seen())) {
            fs::remove_all(backup);
            write_tree(tree, backup);
            const int code = verified(backup);
            Zexd zexd(setup);
            if (!zexd.is_ready()) {
                CHECK(code != 0);
                continue;
            }
            ++whole;
            CHECK(code == 0);
            CHECK(Client(zexd.endpoint()).ready("q") == 200);
            zexd.kill();
        }
    }
    CHECK(whole > 0);
}

TEST_CASE("what the broker made is there after a power cut, with all directories above it",
          "[torture]") {
    const Recorded recorded;
    {
        Zexd zexd(recorded.setup(recorded.root + "/var/lib/zex"));
        Client client(zexd.endpoint());
        client.declare_queue("q");
        REQUIRE(client.publish("q", {"m"}) == 1);
        client.must({{"op", "backup"}, {"name", "friday"}});
        zexd.kill();
    }
    const std::string left = recorded.cut("left") + "/var/lib/zex";
    CHECK(verified(left) == 0);
    CHECK(verified(left + "/backups/friday") == 0);
    ZexdSetup setup = small_log(recorded.directory.path);
    setup.data = left;
    Zexd zexd(setup);
    CHECK(Client(zexd.endpoint()).ready("q") == 1);
}

TEST_CASE("a data directory that cannot be written is refused at the start", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = small_log(directory.path);
    if (::geteuid() == 0) {  // who may write everything
        setup.under = {"/usr/bin/setpriv", "--reuid=65534", "--clear-groups"};
        std::vector<std::string> command = setup.under;
        command.insert(command.end(), {built("zexd"), "--version"});
        if (run(command).code != 0) {
            WARN("not tested: another user cannot run the broker here");
            return;
        }
    }
    fs::permissions(directory.path, fs::perms::all);  // for the socket
    const std::string case_ = GENERATE("its parent", "itself", "its log", "its mark");
    INFO(case_ << " cannot be written");
    const std::string parent = directory.path + "/parent";
    fs::create_directory(parent);
    fs::permissions(parent, fs::perms::all);
    setup.data = parent + "/data";
    const auto read_only = fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                           fs::perms::others_exec;
    if (case_ != "its parent" && case_ != "itself") {
        Zexd zexd(setup);
        Client(zexd.endpoint()).declare_queue("q");
        zexd.kill();
    }
    if (case_ == "itself") fs::create_directory(setup.data);
    const fs::path closed = case_ == "its parent" ? fs::path(parent)
                            : case_ == "itself"   ? fs::path(setup.data)
                            : case_ == "its log"  ? fs::path(setup.data + "/log")
                                                  : fs::path(setup.data + "/confirmed");
    if (!fs::exists(closed)) return;  // this version has no such file
    if (::geteuid() == 0) CHECK(::chown(closed.c_str(), 0, 0) == 0);
    fs::permissions(closed, read_only);
    std::string why;
    const std::optional<int> code = refused(setup, why);
    INFO(why);
    CHECK(code.value_or(0) != 0);
    CHECK(why.find(setup.data) != std::string::npos);
    std::vector<std::string> check = setup.under;
    check.insert(check.end(), {built("zexd"), "--check-config", "--data-dir", setup.data});
    const Finished checked = run(check);
    CHECK(checked.code != 0);
    CHECK((checked.out + checked.err).find(setup.data) != std::string::npos);
    fs::permissions(closed, fs::perms::all);
}

TEST_CASE("a read-only file system is refused at the start", "[torture]") {
    if (!OwnDisk::is_possible()) {
        WARN("not tested: a file system of one's own may not be mounted here");
        return;
    }
    OwnDisk disk(8 << 20);
    disk.make_read_only();
    ZexdSetup setup = small_log(disk.path());
    setup.endpoint = "ipc://" + disk.path() + "/../zexd.sock";
    setup.under = disk.under();
    std::string why;
    CHECK(refused(setup, why).value_or(0) != 0);
    CHECK(why.find(setup.data) != std::string::npos);
}

TEST_CASE("a mark that finds no room while segments are removed does not end the broker",
          "[torture]") {
    // A file system that copies on write needs room to overwrite.
    const TemporaryDirectory directory;
    ZexdSetup setup = small_log(directory.path);
    const Fault fault(directory.path, "pwrite", "/confirmed", ENOSPC);
    setup.environment = fault.environment();
    const std::size_t after = GENERATE(0, 1, 2, 3, 4, 5);
    const std::size_t times = GENERATE(1, 4);
    INFO(times << " failures after " << after << " marks");
    Zexd zexd(setup);
    Client client(zexd.endpoint(), std::chrono::seconds(10));
    client.declare_queue("q");
    for (int i = 0; i < 10; ++i) REQUIRE(client.publish("q", numbered(0, 1, 20'000)) == 1);
    fault.arm(times, after);
    client.must({{"op", "purge"}, {"queue", "q"}});
    CHECK(client.can_publish("q"));
    CHECK(within_patience([&] {
        client.publish("q", {"x"});
        return fault.happened();
    }));
    CHECK(client.can_publish("q"));
    CHECK_FALSE(zexd.process().has_ended());
    CHECK(zexd.terminate() == 0);
    check_log(setup.data);
}

TEST_CASE("after a clean stop only what was delivered is flagged", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    constexpr std::uint64_t messages = 5000;
    constexpr std::uint64_t seen = 10;
    {
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        client.declare_queue("q");
        REQUIRE(client.publish("q", numbered(0, messages, 10)) == messages);
        REQUIRE(client.take("q", seen, false).size() == seen);
        REQUIRE(zexd.terminate() == 0);
    }
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    const std::vector<FoundMessage> taken = client.take("q", messages, true);
    CHECK(not_all_in_order(taken, messages) == "");
    std::uint64_t flagged = 0;
    for (std::size_t i = 0; i < taken.size(); ++i) {
        if (i < seen) CHECK(taken[i].redelivered);
        flagged += taken[i].redelivered ? 1 : 0;
    }
    CHECK(flagged == seen);
}

TEST_CASE("a message is as old after a restart as it is", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup setup = small_log(directory.path);
    using Clock = std::chrono::steady_clock;
    Clock::time_point confirmed;
    {
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        client.declare_queue("q");
        REQUIRE(client.publish("q", {"m"}) == 1);
        confirmed = Clock::now();
        zexd.kill();
    }
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    const auto age =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - confirmed);
    const json row = client.must({{"op", "peek"}, {"queue", "q"}}).at("rows").at(0);
    CHECK(row.at("age_ms").get<std::int64_t>() >= age.count() - 5);
    for (const json& queue : client.rows("queues")) {
        CHECK(queue.at("oldest_ms").get<std::int64_t>() >= age.count() - 5);
    }
}
