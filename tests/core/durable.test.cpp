#include "broker/core/durable.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/core/story.h"

namespace zex::core {
namespace {

wire::DeclareQueue durable_queue(std::string name = "q", std::string durability = "") {
    wire::DeclareQueue verb;
    verb.queue = std::move(name);
    verb.durable = true;
    verb.durability = std::move(durability);
    return verb;
}

/// A story in which the durable queue "q" is declared and stored.
struct WithQueue {
    explicit WithQueue(const Limits& limits = {})
        : story(limits, Story::Disk::there), a(story["a"]) {
        REQUIRE(a.does(durable_queue()).empty());
        story.stores();
        REQUIRE(a.hears() == Lines{"ok queue=q messages=0 consumers=0"});
    }
    const DurableState& state() const { return *story.queue("q").durable(); }
    Story story;
    Client& a;
};

Lines payloads(int count, std::size_t size = 1) {
    Lines lines;
    for (int i = 1; i <= count; ++i) {
        std::string payload = std::to_string(i);
        payload.resize(std::max(size, payload.size()), '.');
        lines.push_back(payload);
    }
    return lines;
}

std::uint64_t records(const Story& story, facts::Kind kind) {
    std::uint64_t count = 0;
    for (const std::string& record : story.log()) {
        if (facts::unchecked_header(record).kind == kind) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a durable queue is there for its client when it is stored", "[durable]") {
    Story story({}, Story::Disk::there);
    Client& a = story["a"];
    CHECK(a.does(durable_queue()).empty());
    story.stores();
    CHECK(a.hears() == Lines{"ok queue=q messages=0 consumers=0"});
    CHECK(records(story, facts::Kind::topology) == 1);
}

TEST_CASE("a publish to a durable queue is confirmed when it is stored", "[durable]") {
    WithQueue with;
    CHECK(with.a.sends("q", {"one", "two"}).empty());
    CHECK(with.story.counters().confirmed == 0);
    with.story.stores();
    CHECK(with.a.hears() == Lines{"confirm 1-2 queues=1"});
    CHECK(with.story.counters().confirmed == 2);
    CHECK(records(with.story, facts::Kind::enqueued) == 2);
}

TEST_CASE("a message is not delivered before it is stored", "[durable]") {
    WithQueue with;
    Client& b = with.story["b"];
    b.consumes("q", "c");
    with.a.sends("q", {"one"});
    CHECK(b.hears().empty());
    with.story.stores();
    CHECK(with.story.heard_by_all().back() == "c #1 one");
}

TEST_CASE("the confirm comes before the delivery", "[durable]") {
    WithQueue with;
    with.a.consumes("q", "c");
    with.story.heard_by_all();
    with.a.sends("q", {"one"});
    with.story.stores();
    CHECK(with.story.heard_by_all() == Lines{"confirm 1 queues=1", "c #1 one"});
}

TEST_CASE("transient messages do not wait for the disk", "[durable]") {
    WithQueue with;
    with.a.declares("t");
    with.a.sends("q", {"durable"});
    CHECK(with.a.sends("t", {"transient"}) == Lines{"confirm 1 queues=1"});
}

TEST_CASE("a message for a durable and a transient queue waits in the one only", "[durable]") {
    WithQueue with;
    Client& b = with.story["b"];
    with.a.declares("t");
    with.a.declares_exchange("x");
    with.a.binds("q", "x", {"k"});
    with.a.binds("t", "x", {"k"});
    b.consumes("t", "c");
    b.hears();
    CHECK(with.a.publishes("x", "k", {"one"}).empty());
    CHECK(b.hears() == Lines{"c #1 one"});
    with.story.stores();
    CHECK(with.a.hears() == Lines{"confirm 1 queues=2"});
}

TEST_CASE("messages that a waiting consumer gets need no second trip to the disk", "[durable]") {
    WithQueue with;
    with.a.consumes("q", "c");
    with.a.sends("q", {"one"});
    with.story.stores();
    CHECK(records(with.story, facts::Kind::offered) == 0);
    CHECK(with.story.queue("q").unacked() == 1);
}

TEST_CASE("what was stored with no consumer there is offered before it is delivered", "[durable]") {
    WithQueue with;
    with.a.sends("q", {"one", "two"});
    with.story.stores();
    Client& b = with.story["b"];
    CHECK(b.consumes("q", "c") == Lines{"ok queue=q consumer=c"});
    with.story.stores();
    CHECK(records(with.story, facts::Kind::offered) == 1);
    CHECK(b.hears() == Lines{"c #1 one", "c #2 two"});
}

TEST_CASE("what was acked is written down, in ranges", "[durable]") {
    WithQueue with;
    with.a.consumes("q", "c");
    with.a.sends("q", payloads(10));
    with.story.stores();
    with.a.acks("c", 1, 4);
    with.a.acks("c", 6, 10);
    with.story.stores();
    std::vector<facts::SequenceRange> settled;
    for (const std::string& record : with.story.log()) {
        if (facts::unchecked_header(record).kind != facts::Kind::settled) continue;
        const auto ranges = facts::read_ranges(std::string_view(record).substr(facts::header_size));
        REQUIRE(ranges.has_value());
        settled.insert(settled.end(), ranges->begin(), ranges->end());
    }
    CHECK(settled == std::vector<facts::SequenceRange>{{0, 3}, {5, 9}});
}

TEST_CASE("a get waits for its message to be stored, and for nothing else", "[durable]") {
    WithQueue with;
    with.a.sends("q", {"one"});
    CHECK(with.a.gets("q").empty());
    with.story.settles_down();
    CHECK(with.a.hears() == Lines{"confirm 1 queues=1", "got #1 one left=0"});
    CHECK(with.a.gets("q") == Lines{"empty"});
}

TEST_CASE("a purge behind gets that wait for the disk waits for them", "[durable]") {
    WithQueue with;
    with.a.sends("q", {"one", "two", "three"});
    CHECK(with.a.gets("q").empty());
    CHECK(with.a.gets("q").empty());
    CHECK(with.a.does(wire::Purge{"q"}, 7).empty());
    with.story.settles_down();
    CHECK(with.a.hears() == Lines{"confirm 1-3 queues=1", "got #1 one left=2", "got #2 two left=1",
                                  "ok queue=q messages=1"});
    CHECK(with.a.gets("q") == Lines{"empty"});
    CHECK(with.story.counters().dropped_purged == 1);
}

TEST_CASE("a get that waits is answered when the queue is deleted", "[durable]") {
    WithQueue with;
    with.a.sends("q", {"two"});
    CHECK(with.a.gets("q").empty());
    const Lines heard = with.a.deletes("q");
    CHECK(heard == Lines{"error queue_deleted [queue]"});
}

TEST_CASE("beyond the memory for one queue messages are on the disk only", "[durable]") {
    WithQueue with;
    with.a.sends("q", payloads(200, 64 << 10));
    with.story.stores();
    CHECK(with.story.queue("q").ready() == 200);
    CHECK(with.state().memory_bytes() <= queue_memory_bytes);
    CHECK(with.state().backlog.size() > 60);
    CHECK(with.story.memory() < 2 * queue_memory_bytes);
}

TEST_CASE("a backlog is read ahead of its consumers, in order", "[durable]") {
    WithQueue with;
    const Lines sent = payloads(400, 64 << 10);
    with.a.sends("q", sent);
    with.story.stores();
    REQUIRE(with.state().backlog.size() > 200);
    Client& b = with.story["b"];
    b.consumes("q", "c", 10);
    Lines got;
    for (std::uint64_t tag = 1; tag <= 400; ++tag) {
        with.story.stores();
        with.story.reads(7);
        with.story.tick_while_due();
        const Lines heard = b.hears();
        got.insert(got.end(), heard.begin(), heard.end());
        std::erase(got, "ok changed=1");
        CHECK(with.state().memory_bytes() <= queue_memory_bytes + (64 << 10) * 10);
        if (got.size() < tag) {
            with.story.settles_down();
            const Lines late = b.hears();
            got.insert(got.end(), late.begin(), late.end());
            std::erase(got, "ok changed=1");
        }
        const Lines more = b.acks("c", tag);  // answered when it is stored
        got.insert(got.end(), more.begin(), more.end());
    }
    REQUIRE(got.size() == 400);
    for (std::size_t i = 0; i < 400; ++i) {
        REQUIRE(got[i] == "c #" + std::to_string(i + 1) + " " + sent[i]);
    }
    CHECK(with.story.queue("q").messages() == 0);
    CHECK(with.story.queue("q").bytes() == 0);
    CHECK(with.story.memory() == 0);
}

TEST_CASE("a damaged message of the backlog is reported and counted, and the rest goes on",
          "[durable]") {
    WithQueue with;
    with.a.sends("q", payloads(150, 64 << 10));
    with.story.stores();
    REQUIRE(with.state().backlog.size() > 10);
    with.story.damages("q", 140);
    Client& b = with.story["b"];
    b.consumes("q", "c", 1000, true);
    with.story.settles_down();
    CHECK(b.hears().size() == 149);
    CHECK(with.story.damage_reported == std::vector<std::string>{"q 140"});
    CHECK(with.story.counters().dropped_damaged == 1);
    CHECK(with.story.queue("q").messages() == 0);
    CHECK(with.story.queue("q").counters().dropped == 1);
}

TEST_CASE("a disk without room refuses durable messages, and only these", "[durable]") {
    WithQueue with;
    with.a.declares("t");
    with.story.apply(StorageState{error(ErrorCode::disk_full, "full")});
    CHECK(with.a.sends("q", {"one"}) == Lines{"refuse 1 disk_full"});
    CHECK(with.a.does(durable_queue("other")) == Lines{"error disk_full"});
    CHECK(with.a.sends("t", {"one"}) == Lines{"confirm 1 queues=1"});
    with.story.apply(StorageState{});
    CHECK(with.a.sends("q", {"one"}).empty());
    with.story.stores();
    CHECK(with.a.hears() == Lines{"confirm 1 queues=1"});
}

TEST_CASE("when the store fails, nothing that waited is confirmed", "[durable]") {
    WithQueue with;
    with.a.sends("q", {"one", "two"});
    with.a.does(durable_queue("other"), 9);
    with.story.apply(StorageFailed{error(ErrorCode::storage_failed, "EIO")});
    CHECK(with.a.hears() == Lines{"refuse 1-2 storage_failed", "error storage_failed"});
    CHECK(with.story.counters().confirmed == 0);
    CHECK(with.a.sends("q", {"three"}) == Lines{"refuse 1 storage_failed"});
}

TEST_CASE("only a queue with a name of its own can be durable", "[durable]") {
    WithQueue with;
    CHECK(with.a.does(durable_queue("")) == Lines{"error bad_field [durable]"});
    wire::DeclareQueue exclusive = durable_queue("mine");
    exclusive.exclusive = true;
    CHECK(with.a.does(exclusive) == Lines{"error bad_field [durable]"});
}

TEST_CASE("a durability is sync, interval or none, and for durable queues", "[durable]") {
    WithQueue with;
    CHECK(with.a.does(durable_queue("r", "often")) == Lines{"error bad_field [durability]"});
    CHECK(with.a.does(durable_queue("r", "interval 0")) == Lines{"error bad_field [durability]"});
    wire::DeclareQueue transient = durable_queue("r", "none");
    transient.durable = false;
    CHECK(with.a.does(transient) == Lines{"error bad_field [durability]"});
    CHECK(with.a.does(durable_queue("q", "interval 50")) ==
          Lines{"error properties_differ [durability] durability"});
    CHECK(with.a.does(durable_queue("q", "sync")) == Lines{"ok queue=q messages=0 consumers=0"});
}

TEST_CASE("the deletion of a durable queue is stored before it is answered", "[durable]") {
    WithQueue with;
    with.a.sends("q", {"one"});
    with.story.stores();
    with.a.hears();
    CHECK(with.a.deletes("q").empty());
    with.story.stores();
    CHECK(with.a.hears() == Lines{"ok queue=q messages=1"});
}

TEST_CASE(
    "what was restored is read, delivered in order, and flagged where it may have been before",
    "[durable]") {
    WithQueue before;
    before.a.sends("q", payloads(5));
    before.story.stores();

    Restored restored;
    RestoredQueue queue;
    queue.declared = fact_of(before.story.queue("q"));
    queue.declared.next_sequence = 5;
    queue.declared.offered = 2;
    queue.messages = {{0, 4}};
    queue.bytes = 5;
    restored.queues.push_back(queue);

    Story story({}, Story::Disk::there);
    story.starts_from(restored, before.story);
    CHECK(story.queue("q").ready() == 5);
    Client& a = story["a"];
    a.consumes("q", "c");
    story.settles_down();
    CHECK(a.hears() == Lines{"c #1 1 (2)", "c #2 2 (2)", "c #3 3", "c #4 4", "c #5 5"});
    a.acks("c", 1, 5);
    a.sends("q", {"six"});
    story.settles_down();
    CHECK(a.hears() == Lines{"ok changed=5", "confirm 1 queues=1", "c #6 six"});
}

TEST_CASE("a purge is stored before it is answered", "[durable]") {
    WithQueue with;
    with.a.sends("q", payloads(3));
    with.story.stores();
    with.a.hears();
    CHECK(with.a.does(wire::Purge{"q"}).empty());
    CHECK(with.story.queue("q").messages() == 0);
    with.story.stores();
    CHECK(with.a.hears() == Lines{"ok queue=q messages=3"});
}

TEST_CASE("a settle that asks for an answer gets it when it is stored", "[durable]") {
    WithQueue with;
    with.a.consumes("q", "c");
    with.a.sends("q", payloads(3));
    with.story.stores();
    with.a.hears();
    CHECK(with.a.acks("c", 1, 3).empty());
    with.story.stores();
    CHECK(with.a.hears() == Lines{"ok changed=3"});
    CHECK(with.a.declares("t") == Lines{"ok queue=t messages=0 consumers=0"});
    with.a.consumes("t", "d");
    with.a.sends("t", {"transient"});
    CHECK(with.a.acks("d", 4) == Lines{"ok changed=1"});  // tags count per session
}

TEST_CASE("a clean stop writes down exactly what nobody has seen", "[durable]") {
    WithQueue with;
    with.a.sends("q", payloads(10));
    with.story.stores();
    with.a.consumes("q", "c", 4);
    with.story.settles_down();
    REQUIRE(with.story.queue("q").unacked() == 4);
    REQUIRE(with.state().delivered_up_to_written() == 10);
    with.story.apply(ShutDown{});
    with.story.stores();
    const std::string_view last = with.story.log().back();
    REQUIRE(facts::unchecked_header(last).kind == facts::Kind::progress);
    const auto progress = facts::read_progress(last.substr(facts::header_size));
    REQUIRE(progress.has_value());
    CHECK(progress->next_sequence == 10);
    CHECK(progress->offered == 4);
}

TEST_CASE("damaged records of messages in memory are written again, others are lost", "[durable]") {
    WithQueue with;
    const Lines sent = payloads(200, 64 << 10);
    with.a.consumes("q", "c", 2);
    with.a.sends("q", sent);
    with.story.stores();
    REQUIRE(with.state().backlog.size() > 10);
    const std::uint64_t id = with.story.queue("q").id.number();
    with.story.apply(
        RecordsDamaged{with.story.queue("q").id, {0, 5, 199}});  // held, ready, on disk
    with.story.stores();
    std::vector<std::uint64_t> again;
    for (const std::string& record : with.story.log()) {
        const facts::Header header = facts::unchecked_header(record);
        if (header.kind != facts::Kind::relocated) continue;
        CHECK(header.queue == id);
        again.push_back(header.sequence);
    }
    std::ranges::sort(again);
    CHECK(again == std::vector<std::uint64_t>{0, 5});
    CHECK(with.story.damage_reported == std::vector<std::string>{"q 199"});
    CHECK(with.story.counters().dropped_damaged == 1);
}

TEST_CASE("a damaged declaration has all that is declared written again", "[durable]") {
    WithQueue with;
    wire::DeclareExchange exchange;
    exchange.exchange = "x";
    exchange.durable = true;
    with.a.does(exchange);
    with.a.binds("q", "x", {"k"});
    with.story.stores();
    with.story.apply(TopologyDamaged{});
    with.story.stores();
    const std::string_view last = with.story.log().back();
    REQUIRE(facts::unchecked_header(last).kind == facts::Kind::topology);
    const auto changes = facts::read_raw_changes(last.substr(facts::header_size));
    REQUIRE(changes.has_value());
    CHECK(changes->size() == 3);
}

TEST_CASE("what makes no room is refused while the disk is full, and what does when it is stuck",
          "[durable]") {
    WithQueue with;
    wire::DeclareExchange exchange;
    exchange.exchange = "x";
    exchange.durable = true;
    with.a.does(exchange);
    with.story.stores();
    with.a.sends("q", {std::string(5 << 20, '.')});  // its record is never stored
    with.story.apply(StorageState{error(ErrorCode::disk_full, "full")});
    with.a.hears();
    CHECK(with.a.binds("q", "x", {"k"}) == Lines{"error disk_full"});
    CHECK(with.a.does(wire::Purge{"q"}) == Lines{"error disk_full"});
    CHECK(with.a.deletes("q") == Lines{"error disk_full"});
    CHECK(with.story.queue("q").ready() == 1);
    with.story.stores();
    with.a.hears();
    CHECK(with.a.does(wire::Purge{"q"}).empty());
    with.story.stores();
    CHECK(with.a.hears() == Lines{"ok queue=q messages=1"});
}

TEST_CASE("a message that was stored long ago is as old as it is", "[durable]") {
    Restored restored;
    RestoredQueue queue;
    queue.declared.queue = 1;
    queue.declared.name = "q";
    queue.declared.max_messages = queue.declared.max_bytes = 1000;
    queue.declared.next_sequence = 1;
    queue.messages = {{0, 0}};
    restored.queues.push_back(queue);
    Story story({}, Story::Disk::there);
    story.restored = 1;
    story.apply(Restore{&restored});
    facts::StoredMessage message;
    message.payload = "old";
    message.enqueued_ms = story.wall_ms() - 90'000;
    story.apply(Loaded{story.queue("q").id, {{0, message}}});
    REQUIRE(story.queue("q").head() != nullptr);
    CHECK(story.now - story.queue("q").head()->enqueued == std::chrono::seconds(90));
}

TEST_CASE("an exchange of a kind that is not known is kept, and takes no messages", "[durable]") {
    Restored restored;
    restored.exchanges.push_back({"future", "consistent_hash", false});
    Story story({}, Story::Disk::there);
    story.apply(Restore{&restored});
    REQUIRE(story.core.topology().exchange("future") != nullptr);
    Client& a = story["a"];
    CHECK(a.publishes("future", "k", {"one"}) == Lines{"refuse 1 no_such_exchange"});
    CHECK(story.counters().refused == 1);
}

}  // namespace zex::core
