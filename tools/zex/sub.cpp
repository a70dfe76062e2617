// zex sub: prints what arrives in a queue, or in a temporary queue that it binds, and acks what it
// has printed.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/duration.h"
#include "tools/zex/interrupt.h"
#include "tools/zex/output.h"
#include "tools/zex/printable.h"
#include "tools/zex/printer.h"

namespace zex::tool {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint64_t default_credit = 1000;
constexpr milliseconds between_looks{100};         ///< at Ctrl-C, while nothing arrives
constexpr std::uint64_t turns_per_look = 256;      ///< while messages do
constexpr std::chrono::seconds between_checks{2};  ///< whether the exchange is still there

// Of the temporary queue: whoever looks and forgets to read must not fill the broker.
constexpr std::uint64_t default_keep = 1'000'000;
constexpr std::uint64_t keep_bytes = 64 << 20;

struct SubOptions {
    std::string exchange;
    std::vector<std::string> keys;
    std::string queue;
    bool json = false;
    bool raw = false;
    std::optional<std::uint64_t> count;
    std::optional<milliseconds> timeout;
    bool no_ack = false;
    std::optional<std::uint64_t> credit;
    std::uint64_t keep = default_keep;

    Style style() const { return json ? Style::json : raw ? Style::raw : Style::line; }
};

/// What is wrong with the command line beyond what CLI11 sees, or nothing.
std::optional<std::string> contradiction(const SubOptions& options) {
    if (options.queue.empty() && options.keys.empty()) {
        return "give EXCHANGE and at least one --key, or --queue";
    }
    if (!options.queue.empty() && options.no_ack && options.count) {
        return "--no-ack with --count would lose messages of the queue that were sent ahead";
    }
    return std::nullopt;
}

void notice(const std::string& text) {
    std::fprintf(stderr, "%s\n", printable(text).c_str());
}

/// Tells of a broken connection and of its end, and keeps what could not be made anew after it.
///
/// Thread: changed() on the library's callback thread, error() on any.
class Connection {
  public:
    void changed(const StateChange& change) {
        const std::lock_guard lock(mutex_);
        const bool up =
            change.state == ConnectionState::connected || change.state == ConnectionState::resumed;
        if (up && change.error) {
            error_ = change.error;
        } else if (up && lost_) {
            notice("zex: sub: connected again");
        } else if (!up && up_ && change.error) {
            notice("zex: sub: connection lost: " + change.error->reason);
        }
        lost_ = !up && (lost_ || up_);
        up_ = up;
    }

    /// The queue, its bindings or the consumer are not there any more, and why.
    std::optional<Error> error() const {
        const std::lock_guard lock(mutex_);
        return error_;
    }

  private:
    mutable std::mutex mutex_;
    bool up_ = false;
    bool lost_ = false;
    std::optional<Error> error_;
};

/// The queue to consume from: the one named, or a temporary one, bound.
Result<std::string> queue_for(Client& client, const SubOptions& options) {
    if (!options.queue.empty()) return options.queue;
    QueueOptions bounds;
    bounds.max_messages = options.keep;
    bounds.max_bytes = keep_bytes;
    bounds.overflow = "drop_head";
    const auto queue = client.declare_queue("", bounds);
    if (!queue) return queue.error();
    if (Status bound = client.bind(queue->name, options.exchange, options.keys); !bound) {
        return bound.error();
    }
    return queue->name;
}

std::string ready_notice(const SubOptions& options, const std::string& queue) {
    std::string text = "ready: queue " + queue;
    if (options.keys.empty()) return text;
    text += ", exchange " + options.exchange + ", key";
    for (const std::string& key : options.keys) text += " " + key;
    return text;
}

enum class End { count, time, interrupt, reader_gone, error };

struct Ending {
    End end;
    std::optional<Error> error = {};
};

/// How long to wait for a message before looking elsewhere: while messages in the pipe are unread
/// shortly at first, since reading them brings the next ones.
class Patience {
  public:
    milliseconds next(bool reader_is_behind) {
        if (!reader_is_behind) return between_looks;
        const milliseconds now = pause_;
        pause_ = std::min(2 * pause_, between_looks);
        return now;
    }
    void reset() { pause_ = milliseconds(1); }

  private:
    milliseconds pause_{1};
};

/// Waits for a message, at most so long, or until the time is over.
Result<Delivery> next_within(Consumer& consumer, milliseconds wait,
                             std::optional<Clock::time_point> deadline) {
    if (deadline) {
        wait = std::clamp(std::chrono::ceil<milliseconds>(*deadline - Clock::now()),
                          milliseconds(0), wait);
    }
    return consumer.next(wait);
}

/// Why nothing can come any more: the exchange was deleted. Nothing where that is not so, or where
/// it cannot be told now.
class ExchangeCheck {
  public:
    ExchangeCheck(Client& client, const std::string& exchange)
        : client_(client), exchange_(exchange) {}

    std::optional<Error> gone() {
        if (exchange_.empty() || Clock::now() < next_) return std::nullopt;
        next_ = Clock::now() + between_checks;
        ExchangeOptions ask;
        ask.passive = true;
        const Status there = client_.declare_exchange(exchange_, ask);
        if (there || there.error().code != ErrorCode::no_such_exchange) return std::nullopt;
        return error(ErrorCode::no_such_exchange,
                     "exchange '" + exchange_ + "' was deleted: nothing comes any more");
    }

  private:
    Client& client_;
    const std::string& exchange_;
    Clock::time_point next_ = Clock::now() + between_checks;
};

/// Consumes until there is a reason to stop. While messages arrive they are printed in batches;
/// when none is there, what was printed is written and acked before anything is waited for.
Ending consume(Consumer& consumer, Printer& printer, const SubOptions& options,
               const Interrupt& interrupt, const Connection& connection, ExchangeCheck& check) {
    std::optional<Clock::time_point> deadline;
    if (options.timeout) deadline = Clock::now() + *options.timeout;
    Patience patience;
    for (std::uint64_t turn = 1;; ++turn) {
        if (options.count && printer.printed() == *options.count) return {End::count};
        auto delivery = consumer.next(milliseconds(0));
        const bool idle = !delivery && delivery.error().code == ErrorCode::timed_out;
        if (idle && !printer.flush()) return {End::reader_gone};
        if (idle || turn % turns_per_look == 0) {
            if (interrupt.arrived()) return {End::interrupt};
            if (deadline && Clock::now() >= *deadline) return {End::time};
            if (const auto broken = connection.error()) return {End::error, broken};
        }
        if (idle) {
            if (const auto gone = check.gone()) return {End::error, gone};
        }
        if (idle) {
            delivery = next_within(consumer, patience.next(printer.reader_is_behind()), deadline);
        }
        if (delivery) {
            patience.reset();
            if (!printer.print(std::move(*delivery))) return {End::reader_gone};
        } else if (delivery.error().code != ErrorCode::timed_out) {
            return {End::error, delivery.error()};
        }
    }
}

std::string messages(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " message" : " messages");
}

std::string received(std::uint64_t count) {
    return "received " + messages(count);
}

/// What a reader that went away, or has not read yet, means for the messages of a queue.
void tell_unread(const Printer::Unread& unread, std::uint64_t acked, bool reader_gone) {
    if (unread.returned > 0) {
        notice(std::string("zex: sub: ") + (reader_gone ? "nobody reads any more: " : "") +
               messages(acked) + " read and acked, " + messages(unread.returned) +
               " go back to the queue");
    }
    if (unread.acked > 0) {
        notice("zex: sub: " + messages(unread.acked) +
               " acked that had been written and were not read yet");
    }
}

/// Messages that the temporary queue dropped because they were not read fast enough.
void tell_dropped(Client& client, const std::string& queue) {
    const auto rows = client.list("queues");
    if (!rows || !rows->is_array()) return;
    for (const auto& row : *rows) {
        if (!row.is_object() || row.value("name", "") != queue) continue;
        const auto dropped = row.value("dropped", std::uint64_t{0});
        if (dropped == 0) return;
        notice("zex: sub: " + messages(dropped) +
               " dropped, the oldest first: they were not read fast enough (see --keep)");
    }
}

Exit exit_of(const Ending& ending, const SubOptions& options, std::uint64_t printed) {
    switch (ending.end) {
        case End::error:
            return fail("sub", *ending.error);
        case End::interrupt:
            notice(received(printed));
            return Exit::ok;
        case End::count:
        case End::reader_gone:
            return Exit::ok;
        case End::time:
            break;
    }
    if (!options.count) {
        notice(received(printed));
        return Exit::ok;
    }
    const auto waited = static_cast<std::uint64_t>(options.timeout->count());
    return fail("sub",
                std::to_string(printed) + " of " + std::to_string(*options.count) +
                    " messages came within " + human_duration(waited),
                Exit::try_again);
}

Exit subscribe(const SubOptions& options, const Globals& globals) {
    if (const auto wrong = contradiction(options)) return fail("sub", *wrong, Exit::usage);
    const Interrupt interrupt;
    const auto connection = std::make_shared<Connection>();
    zex::Options client_options = tool::client_options(globals, "sub");
    client_options.on_state = [connection](const StateChange& change) {
        connection->changed(change);
    };
    auto client = connect(globals, std::move(client_options));
    if (!client) return fail("sub", client.error());

    const auto queue = queue_for(*client, options);
    if (!queue) return fail("sub", queue.error());
    const std::uint64_t credit =
        options.credit.value_or(std::min(default_credit, options.count.value_or(default_credit)));
    auto consumer = client->consume(*queue, {{}, credit, {}, options.no_ack});
    if (!consumer) return fail("sub", consumer.error());
    notice(ready_notice(options, *queue));

    Output out(STDOUT_FILENO, &interrupt);
    const bool all_at_once = options.count && *options.count <= credit;
    const Acks acks = options.no_ack ? Acks::none : all_at_once ? Acks::at_end : Acks::early;
    Printer printer(out, options.style(), acks, std::max<std::uint64_t>(credit / 2, 1));
    ExchangeCheck check(*client, options.exchange);
    Ending ending = consume(*consumer, printer, options, interrupt, *connection, check);
    if (!printer.flush()) ending = {End::reader_gone};
    const Exit exit = exit_of(ending, options, printer.printed());
    // First cancelled, then acked: an ack would let the next messages come. Not reaching the broker
    // any more loses nothing: what was not acked comes again.
    const ConnectionState state = client->state();
    const bool up = state == ConnectionState::connected || state == ConnectionState::resumed;
    if (up) (void)consumer->cancel();
    const Printer::Unread unread = printer.finish();
    if (!options.queue.empty()) tell_unread(unread, printer.acked(), out.reader_gone());
    if (up && options.queue.empty()) tell_dropped(*client, *queue);
    const Exit written = out.finish("sub");
    (void)client->close();
    return exit == Exit::ok ? written : exit;
}

}  // namespace

void add_consuming(CLI::App& app, Action& action) {
    auto options = std::make_shared<SubOptions>();
    SubOptions& o = *options;
    CLI::App& sub = *app.add_subcommand("sub", "Print the messages that arrive");
    CLI::Option* exchange =
        sub.add_option("EXCHANGE", o.exchange, "Bind a temporary queue to it and print from that");
    CLI::Option* keys =
        sub.add_option("--key", o.keys, "Routing key to bind; may be given several times")
            ->type_name("KEY")
            ->allow_extra_args(false)
            ->needs(exchange);
    sub.add_option("--queue", o.queue, "Print from this queue instead")
        ->excludes(exchange)
        ->excludes(keys);
    CLI::Option* json = sub.add_flag("--json", o.json, "One JSON object for each message");
    sub.add_flag("--raw", o.raw, "The payload and a line feed, nothing else")->excludes(json);
    sub.add_option("--count", o.count, "End after so many messages")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
    add_duration(sub, "--timeout", o.timeout,
                 "End after so long; with --count, an error (75) when they have not all come");
    sub.add_flag("--no-ack", o.no_ack, "Messages are settled by being sent: some may get lost");
    sub.add_option("--credit", o.credit, "Most messages sent ahead and not acked")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
        ->default_str("1000, or --count where that is less");
    sub.add_option("--keep", o.keep,
                   "Most messages that wait in the temporary queue; then the oldest are dropped")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
        ->default_str("1000000");
    sub.footer(
        "Says `ready: …` on stderr once messages can arrive.\n\n"
        "Examples:\n"
        "  zex sub logs --key error --key warning\n"
        "  zex sub --queue orders --json --count 10 --timeout 5\n"
        "  zex sub logs --key info --raw | grep -i timeout");
    sub.callback([&action, options] {
        action = [=](const Globals& globals) { return subscribe(*options, globals); };
    });
}

}  // namespace zex::tool
