// The loop and a data directory: starting on it, and what `status` tells of it.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "tests/shell/house.h"
#include "tests/support/temporary_directory.h"

namespace zex::test {
namespace {

shell::Options kept_in(const TemporaryDirectory& directory) {
    shell::Options options;
    options.data_dir = directory.path;
    return options;
}

wire::DeclareQueue durable_queue() {
    wire::DeclareQueue operation;
    operation.queue = "q";
    operation.durable = true;
    return operation;
}

std::optional<std::uint64_t> number(const SteppedHouse& house, const std::string& name) {
    for (const wire::CounterView& row : house.loop->counters()) {
        if (row.name == name) return row.value;
    }
    return std::nullopt;
}

TEST_CASE("status tells that the log is being read, and then what the log comes to") {
    const TemporaryDirectory directory;
    {
        SteppedHouse house(kept_in(directory));
        Guest guest = house.guest();
        house.ask(guest, hello());
        REQUIRE(house.ask(guest, durable_queue(), 1).as<wire::Ok>() != nullptr);
        REQUIRE(house.ask(guest, publish("q", "kept"), 2).as<wire::Confirm>() != nullptr);
    }
    SteppedHouse house(kept_in(directory));
    CHECK(number(house, "starting") == 1);
    CHECK_FALSE(number(house, "log_segments"));

    Guest guest = house.guest();
    guest.send(hello());
    guest.send(wire::Get{"q", false, false}, 1);
    const auto welcome = house.hear(guest);
    REQUIRE(welcome->as<wire::Welcome>() != nullptr);
    CHECK(welcome->as<wire::Welcome>()->durability == "sync");
    const auto kept = house.hear(guest);  // held until the log is read
    REQUIRE(kept);
    REQUIRE(kept->as<wire::Deliver>() != nullptr);
    CHECK(kept->as<wire::Deliver>()->messages.front().payload == "kept");

    CHECK(number(house, "starting") == 0);
    CHECK(number(house, "recovery_bytes").value() > 0);
    CHECK(number(house, "recovery_bytes_done") == number(house, "recovery_bytes"));
    CHECK(number(house, "log_segments").value() >= 1);
    CHECK(number(house, "log_bytes").value() > 0);
    CHECK(number(house, "log_garbage_bytes").value() < number(house, "log_bytes").value());
}

TEST_CASE("a broker without a data directory has nothing to tell of a log") {
    SteppedHouse house;
    CHECK_FALSE(number(house, "starting"));
    CHECK_FALSE(number(house, "log_bytes"));
    Guest guest = house.guest();
    CHECK(house.ask(guest, hello()).as<wire::Welcome>()->durability == "none");
}

TEST_CASE("a name of a backup that leads elsewhere is refused") {
    const TemporaryDirectory directory;
    SteppedHouse house(kept_in(directory));
    Guest guest = house.guest();
    house.ask(guest, hello());
    for (const char* name : {"../elsewhere", "a/b", ".hidden", ".."}) {
        INFO(name);
        CHECK(house.ask(guest, wire::Backup{name}, 1).error_name() == "bad_name");
    }
    CHECK(house.ask(guest, wire::Backup{"friday"}, 2).as<wire::Ok>() != nullptr);
}

}  // namespace
}  // namespace zex::test
