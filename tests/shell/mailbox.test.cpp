#include "common/net/mailbox.h"

#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "common/net/socket.h"

namespace zex::net {
namespace {

bool rings(const Wakeup& bell) {
    std::vector<PollItem> items = {{nullptr, bell.fd()}};
    return poll(items, Duration(0)) && items[0].ready;
}

TEST_CASE("a mailbox keeps the order and gives everything at once") {
    Mailbox<int> mailbox(10);
    for (int i = 0; i < 3; ++i) CHECK(mailbox.push(i));
    std::vector<int> taken;
    CHECK(mailbox.take(taken));
    CHECK(taken == std::vector{0, 1, 2});
    CHECK_FALSE(mailbox.take(taken));
    CHECK(taken.empty());
}

TEST_CASE("a full mailbox refuses, and leaves the value to its owner") {
    Mailbox<std::string> mailbox(1);
    CHECK(mailbox.push("first"));
    std::string second = "second";
    CHECK_FALSE(mailbox.push(std::move(second)));
    CHECK(second == "second");  // NOLINT(bugprone-use-after-move): that is the point
}

TEST_CASE("the bell rings for the first value only, until it is cleared") {
    const Wakeup bell;
    Mailbox<int> mailbox(10, &bell);
    CHECK_FALSE(rings(bell));
    mailbox.push(1);
    CHECK(rings(bell));
    bell.clear();
    mailbox.push(2);
    CHECK_FALSE(rings(bell));
    std::vector<int> taken;
    mailbox.take(taken);
    mailbox.push(3);
    CHECK(rings(bell));
}

TEST_CASE("many writers lose nothing to one reader") {
    const Wakeup bell;
    Mailbox<int> mailbox(100'000, &bell);
    std::vector<std::thread> writers;
    for (int w = 0; w < 3; ++w) {
        writers.emplace_back([&mailbox] {
            for (int i = 0; i < 1000; ++i) mailbox.push(i);
        });
    }
    std::vector<int> taken;
    std::size_t count = 0;
    std::vector<PollItem> items = {{nullptr, bell.fd()}};
    while (count < 3000) {
        REQUIRE(poll(items, std::chrono::seconds(10)));
        REQUIRE(items[0].ready);
        bell.clear();
        if (mailbox.take(taken)) count += taken.size();
    }
    for (std::thread& writer : writers) writer.join();
    CHECK(count == 3000);
}

}  // namespace
}  // namespace zex::net
