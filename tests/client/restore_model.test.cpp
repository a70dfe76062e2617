// Every order of breaks, answers, errors, deletions and restarts, up to a number of steps: whatever
// came before, once the broker stays and nobody interferes, it has what the client wishes for.
// ZEX_TORTURE=1 (./dev torture) makes the orders longer: a million of them.
#include <cstdlib>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/client/session_story.h"

using namespace zex;
using namespace zex::test;

namespace {

/// What a broker has for one client: "exchange x", "queue q", "bind q x", "consume c q".
class ModelBroker {
  public:
    std::set<std::string> things;
    std::vector<wire::Cancelled> to_tell;  ///< for when the session is resumed

    wire::Answer carry_out(const wire::Operation& operation) {
        if (const auto* exchange = std::get_if<wire::DeclareExchange>(&operation)) {
            return made("exchange " + exchange->exchange);
        }
        if (const auto* queue = std::get_if<wire::DeclareQueue>(&operation)) {
            return made("queue " + queue->queue);
        }
        if (const auto* bind = std::get_if<wire::Bind>(&operation)) {
            if (!has("queue " + bind->queue)) return failed(ErrorCode::no_such_queue);
            if (!has("exchange " + bind->exchange)) return failed(ErrorCode::no_such_exchange);
            return made("bind " + bind->queue + " " + bind->exchange);
        }
        if (const auto* consume = std::get_if<wire::Consume>(&operation)) {
            if (!has("queue " + consume->queue)) return failed(ErrorCode::no_such_queue);
            return made("consume " + consume->consumer + " " + consume->queue);
        }
        if (const auto* cancel = std::get_if<wire::Cancel>(&operation)) {
            return erase("consume " + cancel->consumer) > 0
                       ? wire::Answer(wire::Ok{})
                       : wire::Answer(failed(ErrorCode::no_such_consumer));
        }
        return wire::Ok{};
    }

    bool has(const std::string& thing) const { return things.contains(thing); }

    /// Somebody else deletes the queue.
    std::vector<wire::Cancelled> delete_queue(const std::string& queue) {
        std::vector<wire::Cancelled> told;
        if (things.erase("queue " + queue) == 0) return told;
        erase("bind " + queue);
        std::vector<std::string> consumers;
        for (const std::string& thing : things) {
            const std::string end = " " + queue;
            if (thing.starts_with("consume ") && thing.ends_with(end)) {
                consumers.push_back(thing.substr(8, thing.size() - 8 - end.size()));
            }
        }
        for (const std::string& consumer : consumers) {
            things.erase("consume " + consumer + " " + queue);
            told.push_back({consumer, error(ErrorCode::queue_deleted, "deleted")});
        }
        return told;
    }

    static wire::ErrorReply failed(ErrorCode code) { return {error(code, "for the test"), {}}; }

  private:
    wire::Answer made(std::string thing) {
        things.insert(std::move(thing));
        return wire::Ok{};
    }
    std::size_t erase(const std::string& prefix) {
        return std::erase_if(
            things, [&](const std::string& thing) { return thing.starts_with(prefix + " "); });
    }
};

/// One client, one broker, and what happens between them.
class Order {
  public:
    Order() {
        connect(false);
        broker_.things.insert("exchange theirs");
        ask(declare_exchange("ours"));
        ask(declare_queue("q"));
        ask(wire::Bind{"q", "ours", {"k"}});
        ask(wire::Bind{"q", "theirs", {"k"}});
        ask(consume("c", "q"));
        ask(declare_queue("r"));
        ask(consume("d", "r"));
        answer_all();
        wished_ = {"exchange ours", "queue q", "bind q ours", "bind q theirs",
                   "consume c q",   "queue r", "consume d r"};
    }

    static constexpr std::string_view steps = "aeXbnrdDtu";

    void step(char what) {
        switch (what) {
            case 'a':  // the broker answers one request
                return answer_one(std::nullopt);
            case 'e':  // ... with an error that passes
                return answer_one(ErrorCode::limit_reached);
            case 'X':  // the broker restarts, and their exchange is not there yet
                restart();
                broker_.things.erase("exchange theirs");
                return connect(false);
            case 'b':  // the connection breaks and the session is resumed
                lose();
                return connect(true);
            case 'n':  // ... and the session has expired
                lose();
                broker_ = {};
                broker_.things.insert("exchange theirs");
                return connect(false);
            case 'r':  // the broker restarts
                restart();
                return connect(false);
            case 'd':  // somebody deletes queue r
                return delete_r();
            case 'D':  // ... while the connection is broken, which is told when it is resumed
                lose();
                broker_.to_tell = broker_.delete_queue("r");
                return connect(true);
            case 't':  // time passes
                return pass();
            case 'u':  // the program cancels its consumer c
                ask(wire::Cancel{"c"});
                wished_.erase("consume c q");
                return;
            default:
                return;
        }
    }

    /// Lets everything come to rest; gives what is wrong then, or nothing.
    std::string finish() {
        broker_.things.insert("exchange theirs");
        for (int i = 0; i < 40; ++i) {
            answer_all();
            if (story_.session.restoration().agrees() && requests_.empty()) break;
            pass();
        }
        collect();
        // A consumer that was told to have ended is not wished for, nor a queue known to be gone.
        std::set<std::string> expected = wished_;
        expected.insert("exchange theirs");
        if (broker_.things == expected) return {};
        std::string out = "expected";
        for (const std::string& thing : expected) out += ", " + thing;
        out += "; there";
        for (const std::string& thing : broker_.things) out += ", " + thing;
        return out;
    }

  private:
    static wire::DeclareExchange declare_exchange(const std::string& name) {
        wire::DeclareExchange out;
        out.exchange = name;
        return out;
    }
    static wire::DeclareQueue declare_queue(const std::string& name) {
        wire::DeclareQueue out;
        out.queue = name;
        return out;
    }
    static wire::Consume consume(const std::string& name, const std::string& queue) {
        wire::Consume out;
        out.queue = queue;
        out.consumer = name;
        return out;
    }

    void ask(wire::Operation operation) {
        story_.ask(std::move(operation), std::chrono::hours(10));
        collect();
    }

    void collect() {
        for (SendRequest& effect : story_.take<SendRequest>()) {
            if (effect.request.id) requests_.push_back(std::move(effect.request));
        }
        for (const ConsumerEnded& ended : story_.take<ConsumerEnded>()) {
            const std::string prefix = "consume " + ended.consumer + " ";
            std::erase_if(wished_, [&](const auto& thing) { return thing.starts_with(prefix); });
            wished_.erase("queue r");  // nothing else ends a consumer here
        }
        story_.effects.clear();
    }

    void answer_one(std::optional<ErrorCode> code) {
        if (requests_.empty()) return;
        const wire::Request request = std::move(requests_.front());
        requests_.pop_front();
        // The program's own requests are not failed: it would know, and ask again.
        const bool own = std::holds_alternative<wire::Cancel>(request.operation);
        story_.say(request.id, code && !own ? ModelBroker::failed(*code)
                                            : broker_.carry_out(request.operation));
        collect();
    }
    void answer_all() {
        while (!requests_.empty()) answer_one(std::nullopt);
    }

    /// What was sent is carried out, or some of it, and its answers are lost.
    void lose() {
        for (std::size_t i = 0; i < requests_.size() / 2; ++i) {
            broker_.carry_out(requests_[i].operation);
        }
        requests_.clear();
        story_.lose();
        collect();
    }
    void restart() {
        lose();
        broker_ = {};
        broker_.things.insert("exchange theirs");
    }

    void connect(bool resumed) {
        story_.connect(resumed);
        collect();
        for (const wire::Cancelled& cancelled : std::exchange(broker_.to_tell, {})) {
            story_.say(std::nullopt, cancelled);
        }
        collect();
    }

    void delete_r() {
        for (const wire::Cancelled& cancelled : broker_.delete_queue("r")) {
            story_.say(std::nullopt, cancelled);
        }
        // Without a consumer there the client is not told, but learns it when it wants to consume.
        collect();
    }

    void pass() {
        story_.say(std::nullopt, wire::Pong{});
        story_.pass(std::chrono::milliseconds(900));
        collect();
    }

    SessionStory story_;
    ModelBroker broker_;
    std::deque<wire::Request> requests_;
    std::set<std::string> wished_;
};

}  // namespace

TEST_CASE("whatever happens in whatever order, in the end the broker has what was wished for") {
    const std::size_t length = std::getenv("ZEX_TORTURE") != nullptr ? 6 : 4;
    std::size_t orders = 0;
    std::string order(length, Order::steps.front());
    std::vector<std::size_t> digits(length, 0);
    for (;;) {
        for (std::size_t i = 0; i < length; ++i) order[i] = Order::steps[digits[i]];
        Order run;
        for (const char step : order) run.step(step);
        const std::string wrong = run.finish();
        ++orders;
        if (!wrong.empty()) FAIL("after " << order << ": " << wrong);
        std::size_t at = 0;
        while (at < length && ++digits[at] == Order::steps.size()) digits[at++] = 0;
        if (at == length) break;
    }
    CHECK(orders >= 10'000);
}
