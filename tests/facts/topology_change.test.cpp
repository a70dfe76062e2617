#include "broker/facts/topology_change.h"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "broker/facts/record.h"

namespace zex::facts {
namespace {

const std::vector<TopologyChange> one_of_each = {
    ExchangeDeclared{"logs", "direct", true},
    ExchangeRemoved{"old"},
    QueueDeclared{7, "all", true, 100, 1 << 20, Durability::interval, 25, 41, 40},
    QueueRemoved{6},
    Bound{"logs", "error", 7},
    Unbound{"logs", "debug", 7},
};

std::string bytes_of(const std::vector<TopologyChange>& changes) {
    std::string out;
    for (const TopologyChange& change : changes) append_to(out, change);
    return out;
}

}  // namespace

TEST_CASE("every change of the topology comes back as it was") {
    CHECK((read_changes(bytes_of(one_of_each)).value() == one_of_each));
    CHECK((read_changes("").value() == std::vector<TopologyChange>{}));
}

TEST_CASE("changes that are cut short are refused, all of them") {
    const std::string body = bytes_of(one_of_each);
    std::size_t whole = 0;
    for (const TopologyChange& change : one_of_each) {
        const std::size_t size = bytes_of({change}).size();
        for (std::size_t cut = whole + 1; cut < whole + size; ++cut) {
            CHECK_FALSE(read_changes(std::string_view(body).substr(0, cut)).has_value());
        }
        whole += size;
    }
}

TEST_CASE("a change of an unknown kind, or a durability of none, is refused") {
    std::string unknown = bytes_of({QueueRemoved{1}});
    unknown[0] = 6;
    CHECK_FALSE(read_changes(unknown).has_value());
    QueueDeclared declared;
    declared.durability = static_cast<Durability>(3);
    CHECK_FALSE(read_changes(bytes_of({declared})).has_value());
}

TEST_CASE("fields that a newer version added at the end of a change are passed over") {
    std::string body = bytes_of({QueueRemoved{9}});
    body += "more";
    body[1] = static_cast<char>(body[1] + 4);  // the size, little-endian
    CHECK((read_changes(body).value() == std::vector<TopologyChange>{QueueRemoved{9}}));
}

TEST_CASE("no bytes make reading changes go past them") {
    std::mt19937_64 random(3);
    const std::string good = bytes_of(one_of_each);
    for (int run = 0; run < 5000; ++run) {
        std::string body = good.substr(0, random() % (good.size() + 1));
        for (int flips = 0; flips < 3 && !body.empty(); ++flips) {
            body[random() % body.size()] = static_cast<char>(random());
        }
        const auto changes = read_changes(body);
        if (changes) CHECK(changes->size() <= body.size());
    }
}

}  // namespace zex::facts
