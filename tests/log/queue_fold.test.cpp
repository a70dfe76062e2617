#include "broker/log/queue_fold.h"

#include <map>
#include <random>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

namespace zex::log {
namespace {

using facts::SequenceRange;

Place at(std::uint64_t n) {
    return {1, static_cast<std::uint32_t>(64 + n)};
}

std::map<std::uint64_t, Place> live_of(const RecoveredQueue& queue) {
    std::map<std::uint64_t, Place> out;
    for (const Run& run : queue.runs) {
        for (std::size_t i = 0; i < run.places.size(); ++i) {
            if (run.places[i]) out[run.first + i] = run.places[i];
        }
    }
    return out;
}

RecoveredQueue finished(QueueFold& fold) {
    RecoveredQueue queue;
    fold.finish(queue);
    return queue;
}

}  // namespace

TEST_CASE("messages in order are one run") {
    QueueFold fold;
    for (std::uint64_t i = 0; i < 1000; ++i) fold.enqueued(i, at(i));
    const RecoveredQueue queue = finished(fold);
    REQUIRE(queue.runs.size() == 1);
    CHECK(queue.runs[0].first == 0);
    CHECK(queue.runs[0].places.size() == 1000);
    CHECK(queue.live == 1000);
    CHECK(queue.missing.empty());
    CHECK(fold.next_sequence() == 1000);
}

TEST_CASE("small holes stay in a run, large ones begin another") {
    QueueFold fold;
    for (std::uint64_t i = 0; i < 100; ++i) fold.enqueued(i, at(i));
    fold.settled(std::vector<SequenceRange>{{10, 11}, {40, 80}}, 1);
    const RecoveredQueue queue = finished(fold);
    REQUIRE(queue.runs.size() == 2);
    CHECK_FALSE(queue.runs[0].places[10]);
    CHECK(queue.runs[0].places.size() == 40);
    CHECK(queue.runs[1].first == 81);
    CHECK(queue.live == 100 - 2 - 41);
}

TEST_CASE("a sequence that never came is missing, unless it was settled") {
    QueueFold fold;
    fold.enqueued(5, at(5));
    fold.enqueued(9, at(9));
    fold.settled(std::vector<SequenceRange>{{7, 7}}, 1);
    CHECK(finished(fold).missing == std::vector<SequenceRange>{{6, 6}, {8, 8}});
}

TEST_CASE("what a declaration says was given, and is not there, is missing") {
    QueueFold fold;
    fold.declared(0, 0);
    fold.enqueued(2, at(2));
    fold.declared(5, 0);
    fold.enqueued(5, at(5));
    CHECK(finished(fold).missing == std::vector<SequenceRange>{{0, 1}, {3, 4}});
}

TEST_CASE("what was removed with old segments is not missing") {
    QueueFold fold;
    fold.relocated(3, at(3));
    fold.enqueued(40, at(40));
    fold.relocated(7, at(7));
    fold.declared(41, 20);
    const RecoveredQueue queue = finished(fold);
    CHECK(queue.missing.empty());
    CHECK(live_of(queue) == std::map<std::uint64_t, Place>{{3, at(3)}, {7, at(7)}, {40, at(40)}});
    CHECK(fold.offered_before() == 20);
}

TEST_CASE("a message that was kept has its new place, and fills a gap") {
    QueueFold fold;
    fold.enqueued(0, at(0));
    fold.enqueued(2, at(2));
    fold.relocated(0, at(100));
    fold.relocated(1, at(101));
    const RecoveredQueue queue = finished(fold);
    CHECK(queue.missing.empty());
    CHECK(live_of(queue) == std::map<std::uint64_t, Place>{{0, at(100)}, {1, at(101)}, {2, at(2)}});
}

TEST_CASE("the highest sequence there can be does no harm") {
    QueueFold fold;
    fold.enqueued(UINT64_MAX, at(0));
    fold.relocated(UINT64_MAX, at(1));
    fold.settled(std::vector<SequenceRange>{{UINT64_MAX - 1, UINT64_MAX}}, 1);
    fold.declared(UINT64_MAX, UINT64_MAX);
    CHECK(finished(fold).live == 0);
}

TEST_CASE("a set of sequences merges whatever order they come in") {
    SequenceSet set;
    set.add({10, 12});
    set.add({1, 2});
    set.add({13, 13});
    set.add({3, 9});
    CHECK(set.ranges() == std::vector<SequenceRange>{{1, 13}});
    set.add({5, 6});
    CHECK(set.ranges() == std::vector<SequenceRange>{{1, 13}});
}

TEST_CASE("a queue's fold agrees with a plain map, whatever happens") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937_64 random(seed);
        QueueFold fold;
        std::map<std::uint64_t, Place> live;
        std::set<std::uint64_t> lost;
        std::uint64_t next = random() % 3;
        fold.declared(next, 0);
        for (std::uint32_t step = 1; step < 400; ++step) {
            const Place place{2, step};
            if (random() % 3 != 0) {
                if (random() % 20 == 0) {
                    lost.insert(next++);
                } else {
                    fold.enqueued(next, place);
                    live[next++] = place;
                }
            } else if (!live.empty()) {
                auto chosen = live.begin();
                std::advance(chosen, static_cast<long>(random() % live.size()));
                if (random() % 3 == 0) {
                    fold.relocated(chosen->first, place);
                    chosen->second = place;
                } else {
                    const SequenceRange range{chosen->first, chosen->first + random() % 3};
                    if (range.last >= next) continue;
                    fold.settled({&range, 1}, 2);
                    live.erase(chosen, live.upper_bound(range.last));
                    lost.erase(lost.lower_bound(range.first), lost.upper_bound(range.last));
                }
            }
        }
        fold.declared(next, 0);
        INFO("seed " << seed);
        const RecoveredQueue queue = finished(fold);
        CHECK(live_of(queue) == live);
        CHECK(queue.live == live.size());
        std::set<std::uint64_t> missing;
        for (const SequenceRange& range : queue.missing) {
            for (std::uint64_t i = range.first; i <= range.last; ++i) missing.insert(i);
        }
        CHECK(missing == lost);
    }
}

}  // namespace zex::log
