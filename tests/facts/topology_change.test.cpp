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

std::vector<TopologyChange> known_of(std::string_view body) {
    std::vector<TopologyChange> out;
    const auto changes = read_raw_changes(body);
    if (!changes) return out;
    for (const RawChange& raw : *changes) {
        if (auto change = read_known(raw)) out.push_back(*change);
    }
    return out;
}

}  // namespace

TEST_CASE("every change of the topology comes back as it was") {
    const std::string body = bytes_of(one_of_each);
    CHECK((known_of(body) == one_of_each));
    CHECK(read_raw_changes("").value().empty());
    std::string again;
    for (const RawChange& raw : read_raw_changes(body).value()) again += raw.bytes;
    CHECK(again == body);
}

TEST_CASE("changes that are cut short are refused, all of them") {
    const std::string body = bytes_of(one_of_each);
    std::size_t whole = 0;
    for (const TopologyChange& change : one_of_each) {
        const std::size_t size = bytes_of({change}).size();
        for (std::size_t cut = whole + 1; cut < whole + size; ++cut) {
            CHECK_FALSE(read_raw_changes(std::string_view(body).substr(0, cut)).has_value());
        }
        whole += size;
    }
}

TEST_CASE("a change or a value that is not known is told, and its bytes are whole") {
    std::string unknown = bytes_of({QueueRemoved{1}});
    unknown[0] = 6;
    QueueDeclared declared;
    declared.durability = static_cast<Durability>(3);
    for (const std::string& body : {unknown, bytes_of({declared})}) {
        const auto raw = read_raw_changes(body);
        REQUIRE(raw);
        CHECK_FALSE(read_known(raw->at(0)));
        CHECK(raw->at(0).bytes == body);
    }
}

TEST_CASE("fields that a newer version added at the end of a change are passed over") {
    std::string body = bytes_of({QueueRemoved{9}});
    body += "more";
    body[1] = static_cast<char>(body[1] + 4);  // the size, little-endian
    CHECK((known_of(body) == std::vector<TopologyChange>{QueueRemoved{9}}));
}

TEST_CASE("fields that an older version did not write have their defaults") {
    for (const TopologyChange& change : one_of_each) {
        std::string body = bytes_of({change});
        const std::string fields = body.substr(5);
        body.resize(5);
        body[1] = body[2] = 0;
        const auto none = known_of(body);
        REQUIRE(none.size() == 1);
        CHECK(none[0].index() == change.index());
    }
    std::string body = bytes_of({QueueDeclared{7, "all", true, 100, 0, Durability::none, 0, 9, 9}});
    body.resize(body.size() - 16);
    body[1] = static_cast<char>(body[1] - 16);
    CHECK((known_of(body) == std::vector<TopologyChange>{QueueDeclared{
                                 7, "all", true, 100, 0, Durability::none, 0, 0, 0}}));
}

TEST_CASE("no bytes make reading changes go past them") {
    std::mt19937_64 random(3);
    const std::string good = bytes_of(one_of_each);
    for (int run = 0; run < 5000; ++run) {
        std::string body = good.substr(0, random() % (good.size() + 1));
        for (int flips = 0; flips < 3 && !body.empty(); ++flips) {
            body[random() % body.size()] = static_cast<char>(random());
        }
        CHECK(known_of(body).size() <= body.size());
    }
}

}  // namespace zex::facts
