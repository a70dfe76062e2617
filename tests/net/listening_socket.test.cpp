#include "common/net/listening_socket.h"

#include <fstream>
#include <optional>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "common/net/tcp_address.h"
#include "tests/support/temporary_directory.h"

namespace zex::net {
namespace {

Result<ListeningSocket> open(const std::string& endpoint) {
    return ListeningSocket::open(endpoint, {});
}

std::string reason(const std::string& endpoint) {
    const auto opened = open(endpoint);
    return opened ? "it was opened" : opened.error().reason;
}

TEST_CASE("port 0 and * take a free port, which is told") {
    for (const char* endpoint : {"tcp://127.0.0.1:0", "tcp://127.0.0.1:*"}) {
        const auto socket = open(endpoint);
        REQUIRE(socket);
        CHECK(socket->endpoint().starts_with("tcp://127.0.0.1:"));
        CHECK_FALSE(socket->endpoint().ends_with(":0"));
        CHECK(socket->fds().size() == 1);
    }
}

TEST_CASE("localhost is listened at under all its addresses and one port") {
    const auto socket = open("tcp://localhost:0");
    REQUIRE(socket);
    CHECK(socket->endpoint().starts_with("tcp://localhost:"));
    for (const int fd : socket->fds()) {
        const TcpAddress own = TcpAddress::of_socket(fd);
        CHECK(own.is_loopback());
        CHECK(socket->endpoint() == "tcp://localhost:" + std::to_string(own.port()));
    }
}

TEST_CASE("an IPv6 address stands in brackets") {
    const auto socket = open("tcp://[::1]:0");
    if (socket) {
        CHECK(socket->endpoint().starts_with("tcp://[::1]:"));
        CHECK(TcpAddress::of_socket(socket->fds().front()).text() == "::1");
    }
    CHECK(reason("tcp://::1:0").find("brackets") != std::string::npos);
}

TEST_CASE("all addresses of the machine are written as a star") {
    const auto socket = open("tcp://*:0");
    REQUIRE(socket);
    CHECK(socket->endpoint().starts_with("tcp://*:"));
}

TEST_CASE("an endpoint that is malformed, unknown or taken is refused by name") {
    const auto first = open("tcp://127.0.0.1:0");
    REQUIRE(first);
    for (const std::string& endpoint :
         {std::string("tcp://127.0.0.1"), std::string("tcp://:5"), std::string("tcp://127.0.0.1:x"),
          std::string("tcp://127.0.0.1:65536"), std::string("tcp://no.such.host.invalid:0"),
          std::string("ipc://"), "ipc:///" + std::string(200, 'x'), std::string("udp://x:1"),
          std::string("ipc:///no/such/directory/socket"), first->endpoint()}) {
        CHECK(reason(endpoint).find("cannot listen on " + endpoint) != std::string::npos);
    }
    CHECK(reason(first->endpoint()).find("in use") != std::string::npos);
}

TEST_CASE("an ipc socket is for its user alone, and goes with its owner") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path + "/socket";
    struct stat found {};
    {
        const auto socket = open("ipc://" + path);
        REQUIRE(socket);
        CHECK(socket->is_ipc());
        REQUIRE(::lstat(path.c_str(), &found) == 0);
        CHECK(S_ISSOCK(found.st_mode));
        CHECK((found.st_mode & 0777) == 0600);
        CHECK(reason("ipc://" + path).find("another process") != std::string::npos);
    }
    CHECK(::lstat(path.c_str(), &found) != 0);
}

TEST_CASE("the socket file of a broker that is gone is replaced, anything else is not") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path + "/socket";
    {
        // A descriptor that is closed without its file being removed, as by kill -9.
        auto dead = open("ipc://" + path);
        REQUIRE(dead);
        REQUIRE(::link(path.c_str(), (path + ".kept").c_str()) == 0);
    }
    REQUIRE(::rename((path + ".kept").c_str(), path.c_str()) == 0);
    CHECK(open("ipc://" + path).ok());
    const std::string precious = directory.path + "/precious";
    std::ofstream(precious) << "precious";
    CHECK(reason("ipc://" + precious).find("no socket") != std::string::npos);
    std::string text;
    std::ifstream(precious) >> text;
    CHECK(text == "precious");
}

TEST_CASE("a path that is another's by now is left alone at the end") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path + "/socket";
    struct stat found {};
    {
        const auto socket = open("ipc://" + path);
        REQUIRE(socket);
        REQUIRE(::unlink(path.c_str()) == 0);
        std::ofstream(path) << "another's";
    }
    CHECK(::lstat(path.c_str(), &found) == 0);
}

TEST_CASE("an abstract name is refused until it is asked for") {
    const std::string endpoint = "ipc://@zex-test-" + std::to_string(::getpid());
    CHECK(reason(endpoint).find("allow_abstract_ipc") != std::string::npos);
    ListeningSocket::Options options;
    options.abstract_ipc = true;
    CHECK(ListeningSocket::open(endpoint, options).ok());
}

}  // namespace
}  // namespace zex::net
