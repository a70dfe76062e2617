// zex move: messages of one queue to another, each published and confirmed there before it is acked
// here. Nothing is lost; when it is ended between the two, a message is in both.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/duration.h"
#include "tools/zex/interrupt.h"
#include "tools/zex/listing.h"
#include "tools/zex/printable.h"
#include "tools/zex/progress.h"
#include "tools/zex/record.h"
#include "tools/zex/terminal.h"

namespace zex::tool {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t under_way_most = 1000;        ///< published and not confirmed
constexpr std::uint64_t credit_with_key = 1'000'000;  ///< others are held until the end
constexpr milliseconds idle_patience{1000};           ///< then no more comes

struct MoveOptions {
    std::string from;
    std::string to;
    std::optional<std::uint64_t> count;
    std::vector<std::string> keys;
};

/// The messages that are ready in a queue.
Result<std::uint64_t> ready_in(Client& client, const std::string& queue) {
    const auto answer = client.list("queues");
    if (!answer) return answer.error();
    const auto rows = rows_of(*answer);
    if (!rows) return rows.error();
    for (const nlohmann::json& row : *rows) {
        if (row.value("name", nlohmann::json()) == queue) {
            return row.value("ready", std::uint64_t{0});
        }
    }
    return error(ErrorCode::no_such_queue, "no queue is named '" + queue + "'");
}

class Move {
  public:
    Move(const MoveOptions& options, Client& client, const Interrupt& interrupt)
        : options_(options), client_(client), interrupt_(interrupt) {}

    /// At most `most` messages, of those that are there. Gives the error that ended it, if one did.
    std::optional<Error> run(Consumer& consumer, std::uint64_t most, Progress& progress) {
        std::uint64_t seen = 0;
        const std::uint64_t there = most;
        const std::uint64_t wanted = options_.count.value_or(there);
        while (taken_ < wanted && seen < there && !error_ && !interrupt_.arrived()) {
            auto delivery = consumer.next(idle_patience);
            if (!delivery && delivery.error().code == ErrorCode::timed_out) break;
            if (!delivery) return delivery.error();
            ++seen;
            if (matches(*delivery)) {
                publish(std::move(*delivery));
            } else {
                others_.push_back(std::move(*delivery));
            }
            while (under_way_.size() >= under_way_most || front_is_known()) settle_front();
            progress.update(moved_, seen);
        }
        while (!under_way_.empty()) settle_front();
        return error_;
    }

    /// What was taken and not moved goes back, in its place.
    void give_back() {
        for (const Delivery& delivery : others_) (void)delivery.requeue();
        others_.clear();
    }

    std::uint64_t moved() const { return moved_; }

  private:
    struct UnderWay {
        Delivery delivery;
        std::future<Result<Confirmed>> confirm;
    };

    bool matches(const Delivery& delivery) const {
        return options_.keys.empty() || std::find(options_.keys.begin(), options_.keys.end(),
                                                  delivery.key()) != options_.keys.end();
    }

    void publish(Delivery delivery) {
        PublishOptions mandatory;
        mandatory.mandatory = true;
        ++taken_;
        auto confirm = client_.publish_async("", options_.to, message_of(delivery), mandatory);
        under_way_.push_back({std::move(delivery), std::move(confirm)});
    }

    bool front_is_known() const {
        return !under_way_.empty() &&
               under_way_.front().confirm.wait_for(milliseconds(0)) == std::future_status::ready;
    }

    void settle_front() {
        UnderWay front = std::move(under_way_.front());
        under_way_.pop_front();
        const auto outcome = front.confirm.get();
        if (outcome) {
            ++moved_;
            (void)front.delivery.ack();
            return;
        }
        if (!error_) error_ = outcome.error();
        others_.push_back(std::move(front.delivery));
    }

    const MoveOptions& options_;
    Client& client_;
    const Interrupt& interrupt_;
    std::deque<UnderWay> under_way_;
    std::vector<Delivery> others_;
    std::uint64_t taken_ = 0;
    std::uint64_t moved_ = 0;
    std::optional<Error> error_;
};

Exit move(const MoveOptions& options, const Globals& globals) {
    if (options.from == options.to) {
        return fail("move", "SOURCE and DESTINATION are the same queue", Exit::usage);
    }
    const Interrupt interrupt;
    auto client = connect(globals, "move");
    if (!client) return fail("move", client.error());
    QueueOptions ask;
    ask.passive = true;
    if (const auto there = client->declare_queue(options.to, ask); !there) {
        return fail("move", there.error());
    }
    const auto ready = ready_in(*client, options.from);
    if (!ready) return fail("move", ready.error());
    const bool chosen = !options.keys.empty();
    const std::uint64_t most = chosen ? *ready : std::min(*ready, options.count.value_or(*ready));
    const std::uint64_t credit =
        std::clamp<std::uint64_t>(most, 1, chosen ? credit_with_key : under_way_most);
    ConsumeOptions consume;
    consume.credit = credit;
    consume.credit_bytes = std::uint64_t{64} << 20;
    auto consumer = client->consume(options.from, consume);
    if (!consumer) return fail("move", consumer.error());
    Move run(options, *client, interrupt);
    std::optional<Error> failed;
    {
        Progress progress(is_terminal(STDERR_FILENO), most);
        failed = run.run(*consumer, most, progress);
    }
    (void)consumer->cancel();
    run.give_back();
    (void)client->close();
    std::fprintf(stderr, "moved %s %s\n", grouped(run.moved()).c_str(),
                 run.moved() == 1 ? "message" : "messages");
    return failed ? fail("move", *failed) : Exit::ok;
}

}  // namespace

void add_moving(CLI::App& app, Action& action) {
    auto options = std::make_shared<MoveOptions>();
    CLI::App& command = *app.add_subcommand(
        "move", "Move the messages that are ready from one queue to another, losing none");
    command.add_option("SOURCE", options->from, "The queue that they are in")->required();
    command.add_option("DESTINATION", options->to, "The queue that they go to")->required();
    command.add_option("--count", options->count, "At most so many, from the head")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
    command
        .add_option("--key", options->keys,
                    "Only messages with this routing key; may be given several times")
        ->type_name("KEY")
        ->allow_extra_args(false);
    command.footer(
        "Examples:\n  zex move orders.failed orders\n  zex move orders parked --count 10");
    command.callback([&action, options] {
        action = [=](const Globals& globals) { return move(*options, globals); };
    });
}

}  // namespace zex::tool
