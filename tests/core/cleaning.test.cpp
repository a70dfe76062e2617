#include "broker/core/cleaning.h"

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

/// Segments of 1 MiB, each full after some 15 of these messages.
constexpr std::uint32_t segment_bytes = 1 << 20;
const std::string big(64 << 10, '.');

struct Log {
    Log() : story({}, segment_bytes), a(story["a"]) {
        wire::DeclareQueue verb;
        verb.durable = true;
        for (const char* name : {"q", "idle"}) {
            verb.queue = name;
            a.does(verb);
            story.settles_down();
        }
        a.hears();
    }
    /// Messages that are acked as soon as they come.
    void passes(int count) {
        for (int i = 0; i < count; ++i) {
            a.sends("q", {big});
            story.settles_down();
            a.acks("c", ++acked);
            story.settles_down();
        }
    }
    Story story;
    Client& a;
    std::uint64_t acked = 0;
};

}  // namespace

TEST_CASE("a segment in which nothing is needed goes", "[cleaning]") {
    Log log;
    log.a.consumes("q", "c");
    log.passes(60);
    CHECK(log.story.removed_segments.size() >= 2);
    CHECK(log.story.core.storage().segments.count() <= 3);
}

TEST_CASE("segments go from the oldest on", "[cleaning]") {
    Log log;
    log.a.consumes("q", "c");
    log.passes(100);
    for (std::size_t i = 0; i < log.story.removed_segments.size(); ++i) {
        CHECK(log.story.removed_segments[i] == i + 1);
    }
}

TEST_CASE("what is declared outlives the segment that it was first written in", "[cleaning]") {
    Log log;
    log.a.consumes("q", "c");
    log.passes(60);
    bool q = false, idle = false;
    for (const auto& [place, record] : log.story.log()) {
        const facts::Read read = facts::read_record(record, 0, place);
        if (read.header.kind != facts::Kind::topology) continue;
        const auto changes = facts::read_changes(read.body);
        REQUIRE(changes.has_value());
        for (const facts::TopologyChange& change : *changes) {
            const auto* queue = std::get_if<facts::QueueDeclared>(&change);
            if (queue == nullptr) continue;
            q = q || (queue->name == "q" && queue->next_sequence > 0);
            idle = idle || queue->name == "idle";
        }
    }
    CHECK(q);
    CHECK(idle);
}

TEST_CASE("one old unacked message does not keep the log", "[cleaning]") {
    Log log;
    log.a.sends("idle", {"old"});
    log.story.settles_down();
    Client& b = log.story["b"];
    b.consumes("idle", "held");
    log.story.settles_down();
    CHECK(b.hears().back() == "held #1 old");
    log.a.consumes("q", "c");
    log.passes(2500);
    CHECK(log.story.core.storage().segments.bytes() < garbage_allowed + 4 * segment_bytes);
    CHECK(log.story.removed_segments.size() > 10);
    CHECK(b.acks("held", 1).front() == "ok changed=1");
    log.passes(60);
    CHECK(log.story.core.storage().segments.count() <= 3);
}

TEST_CASE("a backlog that is on the disk only is written anew, and then delivered", "[cleaning]") {
    Log log;
    for (int i = 0; i < 300; ++i) {
        std::string payload = std::to_string(i);
        payload.resize(64 << 10, '.');
        log.a.sends("idle", {payload});
        log.story.settles_down();
    }
    REQUIRE(log.story.queue("idle").shelf()->backlog.size() > 100);
    log.a.consumes("q", "c");
    log.passes(3000);
    CHECK(log.story.removed_segments.size() > 30);
    Client& b = log.story["b"];
    b.consumes("idle", "c", 1000, true);
    log.story.settles_down();
    const Lines got = b.hears();
    REQUIRE(got.size() == 300);
    for (std::size_t i = 0; i < 300; ++i) {
        const std::string start = "c #" + std::to_string(i + 1) + " " + std::to_string(i) + ".";
        REQUIRE(got[i].starts_with(start));
    }
}

TEST_CASE("a damaged message in the middle of a backlog does not keep its segment", "[cleaning]") {
    Log log;
    for (int i = 0; i < 300; ++i) {
        log.a.sends("idle", {big});
        log.story.settles_down();
    }
    REQUIRE(log.story.queue("idle").shelf()->backlog.size() > 100);
    log.story.damages("idle", 250);
    log.a.consumes("q", "c");
    log.passes(3000);
    CHECK(log.story.removed_segments.size() > 30);
    CHECK(log.story.damage_reported == std::vector<std::string>{"idle 250"});
    CHECK(log.story.counters().dropped_damaged == 1);
    CHECK(log.story.queue("idle").messages() == 299);
    Client& b = log.story["b"];
    b.consumes("idle", "c", 1000, true);
    log.story.settles_down();
    CHECK(b.hears().size() == 299);
    CHECK(log.story.queue("idle").bytes() == 0);
}

}  // namespace zex::core
