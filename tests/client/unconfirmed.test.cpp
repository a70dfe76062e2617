#include <catch2/catch.hpp>

#include "tests/client/session_story.h"

using namespace zex;
using namespace zex::test;
using std::chrono::seconds;

namespace {

/// Two batches: ids 0..2 and 3..4 behind the id of the first.
struct TwoBatches {
    TwoBatches() {
        story.connect();
        first = story.publish({"a", "b", "c"});
        second = story.publish({"d", "e"});
        id = story.take<SendBatch>().at(0).id.value();
    }
    SessionStory story;
    SessionStory::Futures first;
    SessionStory::Futures second;
    std::uint64_t id = 0;
};

}  // namespace

TEST_CASE("a confirm of one message resolves its promise only") {
    TwoBatches two;
    two.story.say(two.id + 1, wire::Confirm{1, 2});
    CHECK_FALSE(now_in(two.first[0]));
    CHECK(now_in(two.first[1]).value()->queues == 2);
    CHECK_FALSE(now_in(two.first[2]));
    CHECK(two.story.take<Progressed>().at(0).messages == 1);
}

TEST_CASE("a confirm of a range may span batches") {
    TwoBatches two;
    two.story.say(two.id + 2, wire::Confirm{2, 1});
    CHECK_FALSE(now_in(two.first[1]));
    CHECK(now_in(two.first[2]));
    CHECK(now_in(two.second[0]));
    CHECK_FALSE(now_in(two.second[1]));
}

TEST_CASE("a batch confirmed whole is let go") {
    TwoBatches two;
    two.story.say(two.id, wire::Confirm{3, 1});
    const auto progress = two.story.take<Progressed>();
    CHECK(progress.at(0).messages == 3);
    CHECK(progress.at(0).whole.size() == 1);
    for (auto& future : two.first) CHECK(now_in(future));
}

TEST_CASE("a confirm that comes twice, or for ids never given, changes nothing") {
    TwoBatches two;
    two.story.say(two.id, wire::Confirm{1, 1});
    two.story.take<Progressed>();
    two.story.say(two.id, wire::Confirm{1, 1});
    two.story.say(two.id + 1000, wire::Confirm{UINT64_MAX, 1});
    two.story.say(0, wire::Confirm{1, 1});
    CHECK(two.story.take<Progressed>().empty());
}

TEST_CASE("refused and returned messages end in their errors") {
    TwoBatches two;
    two.story.say(two.id, wire::Refuse{2, error(ErrorCode::queue_full, "full")});
    wire::Return returned;
    returned.error = error(ErrorCode::unroutable, "no queue");
    two.story.say(two.id + 2, returned);
    CHECK(now_in(two.first[0])->error().code == ErrorCode::queue_full);
    CHECK(now_in(two.first[1])->error().code == ErrorCode::queue_full);
    CHECK(now_in(two.first[2])->error().code == ErrorCode::unroutable);
}

TEST_CASE("an error for a whole publish fails its messages and no others") {
    TwoBatches two;
    two.story.say(two.id, wire::ErrorReply{error(ErrorCode::batch_too_large, "too many"), {}});
    for (auto& future : two.first) {
        CHECK(now_in(future)->error().code == ErrorCode::batch_too_large);
    }
    CHECK_FALSE(now_in(two.second[0]));
}

TEST_CASE("publishes fail at their deadline") {
    TwoBatches two;
    two.story.say(two.id + 1, wire::Confirm{1, 1});
    two.story.pass(seconds(2));
    two.story.say({}, wire::Pong{});
    two.story.pass(seconds(2));
    two.story.say({}, wire::Pong{});
    two.story.pass(seconds(1));
    CHECK(now_in(two.first[0])->error().code == ErrorCode::timed_out);
    CHECK(now_in(two.first[1])->ok());
    CHECK(now_in(two.second[1])->error().code == ErrorCode::timed_out);
}
