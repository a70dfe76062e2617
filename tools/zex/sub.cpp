// zex sub: prints what arrives in a queue, or in a temporary queue that it binds, and acks what it
// has printed.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "tools/zex/arrival.h"
#include "tools/zex/command.h"
#include "tools/zex/duration.h"
#include "tools/zex/interrupt.h"
#include "tools/zex/output.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint64_t default_credit = 1000;
constexpr std::size_t flush_bytes = 64 * 1024;
constexpr milliseconds between_looks{100};  ///< at Ctrl-C, while nothing arrives

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

/// Tells of a broken connection and of its end.
std::function<void(const StateChange&)> state_notices() {
    return [up = false, lost = false](const StateChange& change) mutable {
        if (change.state == ConnectionState::connected ||
            change.state == ConnectionState::resumed) {
            if (lost) notice("zex: sub: connected again");
            up = true;
            lost = false;
        } else if (up && change.error) {
            notice("zex: sub: connection lost: " + change.error->reason);
            up = false;
            lost = true;
        }
    };
}

/// The queue to consume from: the one named, or a temporary one, bound.
Result<std::string> queue_for(Client& client, const SubOptions& options) {
    if (!options.queue.empty()) return options.queue;
    const auto queue = client.declare_queue("");
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

/// Prints deliveries through a buffer, and acks them once they are written.
class Printer {
  public:
    /// `out` must outlive it.
    Printer(Output& out, Style style, bool ack, std::uint64_t ack_every)
        : out_(out), style_(style), ack_(ack), ack_every_(ack_every) {}

    /// False when the output takes no more.
    bool print(Delivery delivery) {
        append_arrival(out_.buffer(), arrival_of(delivery, style_), style_);
        last_ = std::move(delivery);
        ++printed_;
        const bool full = out_.buffer().size() >= flush_bytes || ++unsettled_ >= ack_every_;
        return !full || flush();
    }

    bool flush() {
        if (!out_.flush()) return false;
        // An ack that finds nobody is no loss: the message comes again.
        if (ack_ && last_) (void)last_->ack_up_to();
        last_.reset();
        unsettled_ = 0;
        return true;
    }

    std::uint64_t printed() const { return printed_; }

  private:
    Output& out_;
    Style style_;
    bool ack_;
    std::uint64_t ack_every_;
    std::optional<Delivery> last_;
    std::uint64_t unsettled_ = 0;
    std::uint64_t printed_ = 0;
};

enum class End { count, time, interrupt, reader_gone, error };

struct Ending {
    End end;
    std::optional<Error> error = {};
};

/// Consumes until there is a reason to stop. While messages arrive they are printed in batches;
/// when none is there, what was printed is written and acked before anything is waited for.
Ending consume(Consumer& consumer, Printer& printer, const SubOptions& options,
               const Interrupt& interrupt) {
    const auto start = Clock::now();
    for (std::uint64_t turn = 0;; ++turn) {
        if (options.count && printer.printed() == *options.count) {
            return {printer.flush() ? End::count : End::reader_gone};
        }
        // Looked at now and then under load, and each time when there is time.
        const bool look = turn % 256 == 255;
        auto delivery = consumer.next(milliseconds(0));
        if (!delivery && delivery.error().code == ErrorCode::timed_out) {
            if (!printer.flush()) return {End::reader_gone};
            if (interrupt.arrived()) return {End::interrupt};
            milliseconds wait = between_looks;
            if (options.timeout) {
                const auto left =
                    std::chrono::ceil<milliseconds>(*options.timeout - (Clock::now() - start));
                if (left <= milliseconds(0)) return {End::time};
                wait = std::min(wait, left);
            }
            delivery = consumer.next(wait);
        } else if (look && interrupt.arrived()) {
            return {printer.flush() ? End::interrupt : End::reader_gone};
        } else if (look && options.timeout && Clock::now() - start >= *options.timeout) {
            return {printer.flush() ? End::time : End::reader_gone};
        }
        if (delivery) {
            if (!printer.print(std::move(*delivery))) return {End::reader_gone};
        } else if (delivery.error().code != ErrorCode::timed_out) {
            printer.flush();
            return {End::error, delivery.error()};
        }
    }
}

std::string received(std::uint64_t count) {
    return "received " + std::to_string(count) + (count == 1 ? " message" : " messages");
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
    zex::Options connection = client_options(globals, "sub");
    connection.on_state = state_notices();
    auto client = Client::connect(std::move(connection));
    if (!client) return fail("sub", client.error());

    const auto queue = queue_for(*client, options);
    if (!queue) return fail("sub", queue.error());
    const std::uint64_t credit =
        options.credit.value_or(std::min(default_credit, options.count.value_or(default_credit)));
    auto consumer = client->consume(*queue, {{}, credit, {}, options.no_ack});
    if (!consumer) return fail("sub", consumer.error());
    notice(ready_notice(options, *queue));

    Output out(STDOUT_FILENO, &interrupt);
    Printer printer(out, options.style(), !options.no_ack, std::max<std::uint64_t>(credit / 2, 1));
    const Ending ending = consume(*consumer, printer, options, interrupt);
    const Exit exit = exit_of(ending, options, printer.printed());
    const Exit written = out.finish("sub");
    if (ending.end != End::error) {
        (void)consumer->cancel();
        // Not reaching the broker any more loses nothing: what was not acked comes again.
        (void)client->close();
    }
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
