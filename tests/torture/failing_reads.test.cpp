// The real broker on a disk that cannot be read for a moment: a call that failed says nothing of
// what is stored, so nothing may be given up for it.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/check_log.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/client.h"
#include "tests/torture/fault.h"
#include "tests/torture/zexd.h"

using namespace zex::test;
using nlohmann::json;

namespace {

constexpr std::uint64_t backlog = 6000;  // messages of 2 KiB: 12 MiB, of which 8 are kept in memory
constexpr std::size_t message_bytes = 2048;

/// What is not there does not come, however long one waits.
constexpr std::chrono::seconds wait_for_each{10};

ZexdSetup setup_in(const TemporaryDirectory& directory) {
    ZexdSetup setup = small_log(directory.path);
    setup.arguments = {"--storage-segment-bytes", "1048576", "--storage-free-bytes-min", "0",
                       "--storage-memory-bytes",  "1048576"};
    return setup;
}

/// A queue of whose messages none is in the broker's memory when it is started again.
void make_backlog(const ZexdSetup& setup) {
    Zexd zexd(setup);
    Client client(zexd.endpoint());
    client.declare_queue("q");
    for (std::uint64_t first = 0; first < backlog; first += 500) {
        REQUIRE(client.publish("q", numbered(first, 500, message_bytes)) == 500);
    }
    zexd.kill();
}

/// What is wrong with the damage that a broker counts.
void check_counters(Client& client) {
    const json status = client.status();
    CHECK(status.at("records_damaged") == 0);
    CHECK(status.at("messages_lost") == 0);
    CHECK(status.at("dropped_damaged") == 0);
}

/// Connections to a broker's port, which take its descriptors.
class Crowd {
  public:
    explicit Crowd(const std::string& endpoint) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
        for (int i = 0; i < 140; ++i) {
            const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                    0);  // the backlog of the listener takes what the broker cannot accept
            fds_.push_back(fd);
        }
    }
    ~Crowd() {
        for (const int fd : fds_) ::close(fd);
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

  private:
    std::vector<int> fds_;
};

}  // namespace

TEST_CASE("a read of the backlog that fails once costs no message", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = setup_in(directory);
    make_backlog(setup);
    const std::string call = GENERATE("pread", "open");
    const int error = GENERATE(EIO, ENOMEM, EMFILE);
    INFO(call << " fails with " << std::strerror(error));
    const Fault fault(directory.path, call, ".seg", error);
    setup.environment = fault.environment();
    Zexd zexd(setup);
    REQUIRE(zexd.is_ready());
    {
        Client client(zexd.endpoint(), wait_for_each);
        fault.arm(1);
        CHECK(not_all_in_order(client.take("q", backlog, true), backlog) == "");
        // A broker may have all its files open.
        CHECK((call == "open" || fault.happened()));
        check_counters(client);
    }
    CHECK(zexd.terminate() == 0);
    check_log(setup.data);
}

TEST_CASE("a disk that cannot be read at all stops the broker, and costs no message", "[torture]") {
    const TemporaryDirectory directory;
    const ZexdSetup good = setup_in(directory);
    make_backlog(good);
    const Fault fault(directory.path, "pread", ".seg", EIO);
    ZexdSetup setup = good;
    setup.environment = fault.environment();
    {
        Zexd zexd(setup);
        REQUIRE(zexd.is_ready());
        Client client(zexd.endpoint(), std::chrono::seconds(2));
        fault.arm(1'000'000);
        CHECK(client.take("q", backlog, false).size() < backlog);
        CHECK(zexd.process().wait() == 74);
        CHECK(zexd.process().err().find("pread") != std::string::npos);
    }
    fault.disarm();
    Zexd zexd(good);
    Client client(zexd.endpoint(), wait_for_each);
    CHECK(client.ready("q") == backlog);
    CHECK(not_all_in_order(client.take("q", backlog, true), backlog) == "");
    check_counters(client);
}

TEST_CASE("a read that compaction makes and that fails once costs no message", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = small_log(directory.path);
    setup.arguments.insert(setup.arguments.end(), {"--storage-memory-bytes", "1048576"});
    constexpr std::uint64_t kept = 100;  // of 40 kB: more than is kept in memory
    {
        Zexd zexd(setup);
        Client client(zexd.endpoint());
        client.declare_queue("kept");
        client.declare_queue("passing");
        for (std::uint64_t i = 0; i < kept; ++i) {
            REQUIRE(client.publish("kept", numbered(i, 1, 40'000)) == 1);
            REQUIRE(client.publish("passing", numbered(i, 3, 20'000)) == 3);
        }
        zexd.kill();
    }
    const int error = GENERATE(EIO, ENOMEM);
    const Fault fault(directory.path, "pread", ".seg", error);
    setup.environment = fault.environment();
    Zexd zexd(setup);
    REQUIRE(zexd.is_ready());
    Client client(zexd.endpoint());
    fault.arm(1);
    client.must({{"op", "purge"}, {"queue", "passing"}});
    CHECK(within_patience([&] {
        client.publish("passing", numbered(0, 3, 20'000));
        client.must({{"op", "purge"}, {"queue", "passing"}});
        return fault.happened();
    }));
    for (int i = 0; i < 20; ++i) {
        client.publish("passing", numbered(0, 3, 20'000));
        client.must({{"op", "purge"}, {"queue", "passing"}});
    }
    check_counters(client);
    zexd.kill();
    check_log(setup.data);
    setup.environment.clear();
    Zexd again(setup);
    Client reader(again.endpoint(), wait_for_each);
    CHECK(not_all_in_order(reader.take("kept", kept, true), kept) == "");
}

TEST_CASE("descriptors that run out while a backlog is read cost no message", "[torture]") {
    const TemporaryDirectory directory;
    ZexdSetup setup = setup_in(directory);
    make_backlog(setup);
    setup.under = {"/usr/bin/prlimit", "--nofile=120:120"};
    setup.arguments.insert(setup.arguments.end(), {"--listen", "tcp://127.0.0.1:0"});
    Zexd zexd(setup);
    REQUIRE(zexd.is_ready());
    const std::string line = zexd.process().err_line("tcp://127.0.0.1:").value();
    {
        std::vector<FoundMessage> taken;
        {
            Client before(zexd.endpoint(), wait_for_each);
            const Crowd crowd(line);
            before.status();  // the broker is alive, and has accepted what it can
            taken = before.take("q", backlog / 2, true);
            before.leave();
        }
        Client client(zexd.endpoint(), wait_for_each);
        for (FoundMessage& message : client.take("q", backlog - taken.size(), true)) {
            taken.push_back(std::move(message));
        }
        CHECK(not_all_in_order(taken, backlog) == "");
        check_counters(client);
    }
    CHECK(zexd.terminate() == 0);
    check_log(setup.data);
}
