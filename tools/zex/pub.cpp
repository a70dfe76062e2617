// zex pub: publishes an argument, a file, or each line of a file, and waits for all confirms.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/interrupt.h"
#include "tools/zex/lines.h"
#include "tools/zex/printable.h"
#include "tools/zex/progress.h"
#include "tools/zex/publisher.h"
#include "tools/zex/record.h"
#include "tools/zex/terminal.h"

namespace zex::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds default_confirm_timeout{10'000};

struct PubOptions {
    std::optional<std::string> exchange;  ///< only --jsonl goes without
    std::optional<std::string> key;
    std::optional<std::string> body;
    std::optional<std::string> file;
    bool lines = false;
    bool jsonl = false;
    std::uint64_t count = 1;
    Message message;
    std::vector<std::string> headers;
    bool mandatory = false;
    bool no_mandatory = false;
    bool keep_going = false;
    bool quiet = false;
};

/// What is wrong with the command line beyond what CLI11 sees, or nothing.
std::optional<std::string> contradiction(const PubOptions& options) {
    if (!options.jsonl && !options.key) return "give EXCHANGE and KEY";
    if (options.exchange && !options.key) return "give KEY beside EXCHANGE";
    if (options.body && options.file) return "give BODY or --file, not both";
    if (options.jsonl && options.body && *options.body != "-") {
        return "--jsonl reads a file or standard input: give --file F, or - as BODY";
    }
    if (options.body && *options.body != "-" && options.lines) {
        return "--lines reads a file or standard input: give --file F, or - as BODY";
    }
    if (!options.body && !options.file && !options.lines && !options.jsonl) {
        return "nothing to publish: give BODY, --file F, or - for standard input";
    }
    const bool many = options.lines || options.jsonl || options.count > 1;
    if (many && !options.message.message_id.empty()) {
        return "--message-id names one message, so it cannot go with --lines or --count";
    }
    return std::nullopt;
}

/// "k=v" texts as the text of a JSON object.
Result<std::string> headers_of(const std::vector<std::string>& texts) {
    nlohmann::json headers = nlohmann::json::object();
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return error(ErrorCode::bad_argument, "--header '" + text + "' is not NAME=VALUE");
        }
        const std::string name = text.substr(0, equals);
        if (headers.contains(name)) {
            return error(ErrorCode::bad_argument, "--header '" + name + "' is given twice");
        }
        headers[name] = text.substr(equals + 1);
    }
    try {
        return headers.dump();
    } catch (const nlohmann::json::exception&) {
        return error(ErrorCode::bad_argument, "a --header is not UTF-8");
    }
}

/// What nobody asked for otherwise: the default exchange routes to the queue that the key names, so
/// that a message which reaches no queue has a mistake in its key.
bool is_mandatory(const PubOptions& options) {
    if (options.mandatory || options.no_mandatory) return options.mandatory;
    return options.exchange && options.exchange->empty();
}

/// Publishes; stops at the first message that is not taken unless told to keep going.
class Run {
  public:
    Run(const PubOptions& options, Message message, Client& client, const Interrupt& interrupt,
        std::chrono::milliseconds timeout)
        : options_(options),
          message_(std::move(message)),
          interrupt_(interrupt),
          publisher_(client, {is_mandatory(options), timeout}) {}

    /// Each line of `input`. Ctrl-C ends the input.
    Exit lines(const Input& input) {
        Lines lines(input, &interrupt_);
        Progress progress(is_terminal(STDERR_FILENO) && !options_.quiet, input.size());
        for (;;) {
            const auto line = lines.next();
            if (!line) return fail("pub", line.error().reason, Exit::no_input);
            if (!*line || stopped()) break;
            ++line_;
            if (options_.jsonl) {
                if (const Exit exit = record(**line); exit != Exit::ok) return exit;
            } else {
                message_.payload.bytes.assign(**line);
                publisher_.publish(*options_.exchange, *options_.key, message_);
            }
            progress.update(publisher_.tally().published, lines.bytes_read());
        }
        publisher_.finish();
        return Exit::ok;
    }

    Exit repeated(std::string body) {
        message_.payload.bytes = std::move(body);
        Progress progress(is_terminal(STDERR_FILENO) && !options_.quiet, options_.count);
        for (std::uint64_t i = 0; i < options_.count && !stopped(); ++i) {
            publisher_.publish(*options_.exchange, *options_.key, message_);
            progress.update(i + 1, i + 1);
            if (i % 1024 == 1023 && interrupt_.arrived()) break;
        }
        publisher_.finish();
        return Exit::ok;
    }

    /// The summary, the first error, and the exit code that they make.
    Exit result(double seconds) const {
        const Tally& tally = publisher_.tally();
        // What was lost is said in any case.
        if (!options_.quiet || (tally.lost() && !tally.first_error)) {
            std::fprintf(stderr, "%s%s\n", summary(tally, seconds).c_str(), way_out(tally).c_str());
        }
        if (!tally.first_error) return Exit::ok;
        const std::string where =
            tally.published > 1 ? "pub: message " + std::to_string(tally.first_error_at) : "pub";
        return fail(where, *tally.first_error);
    }

  private:
    /// Publishes what a line of --jsonl says; EXCHANGE and KEY go before its own.
    Exit record(std::string_view line) {
        auto record = parse_record(line);
        if (!record) {
            return fail("pub", "line " + std::to_string(line_) + ": " + record.error().reason,
                        Exit::data);
        }
        publisher_.publish(options_.exchange.value_or(record->exchange),
                           options_.key.value_or(record->key), record->message);
        return Exit::ok;
    }

    /// Where to look for the reason.
    std::string way_out(const Tally& tally) const {
        if (tally.unroutable == 0 || !options_.key) return {};
        return printable(" (zex explain '" + *options_.exchange + "' '" + *options_.key + "')");
    }

    /// A message was not taken, as far as is known by now, and none shall follow it.
    bool stopped() {
        publisher_.collect();
        return publisher_.tally().first_error && !options_.keep_going;
    }

    const PubOptions& options_;
    Message message_;
    const Interrupt& interrupt_;
    Publisher publisher_;
    std::uint64_t line_ = 0;
};

/// `--jsonl -`: the one word is no exchange.
PubOptions as_meant(PubOptions options) {
    if (options.jsonl && !options.key && options.exchange == "-") {
        options.exchange.reset();
        options.body = "-";
    }
    return options;
}

Exit publish(const PubOptions& as_parsed, const Globals& globals) {
    const PubOptions options = as_meant(as_parsed);
    if (const auto wrong = contradiction(options)) return fail("pub", *wrong, Exit::usage);
    Message message = options.message;
    auto headers = headers_of(options.headers);
    if (!headers) return fail("pub", headers.error().reason, Exit::usage);
    if (!options.headers.empty()) message.headers_json = std::move(*headers);

    const bool argument = options.body && *options.body != "-";
    std::optional<Input> input;
    if (!argument) {
        auto opened = Input::open(options.file.value_or("-"));
        if (!opened) return fail("pub", opened.error().reason, Exit::no_input);
        input.emplace(std::move(*opened));
    }
    std::string body = argument ? *options.body : "";
    const bool by_line = options.lines || options.jsonl;
    if (input && !by_line) {
        auto whole = read_all(*input);
        if (!whole) return fail("pub", whole.error().reason, Exit::no_input);
        body = std::move(*whole);
    }

    const Interrupt interrupt;
    auto client = connect(globals, "pub");
    if (!client) return fail("pub", client.error());
    const auto start = Clock::now();
    Run run(options, std::move(message), *client, interrupt,
            globals.timeout.value_or(default_confirm_timeout));
    const Exit read = by_line ? run.lines(*input) : run.repeated(std::move(body));
    const std::chrono::duration<double> took = Clock::now() - start;
    const Exit published = run.result(took.count());
    return published == Exit::ok ? read : published;
}

}  // namespace

void add_publishing(CLI::App& app, Action& action) {
    auto options = std::make_shared<PubOptions>();
    PubOptions& o = *options;
    CLI::App& pub = *app.add_subcommand("pub", "Publish messages and wait for their confirms");
    pub.add_option("EXCHANGE", o.exchange, "\"\" is the default exchange: KEY names a queue");
    pub.add_option("KEY", o.key, "Routing key");
    pub.add_option("BODY", o.body, "The payload; - is standard input");
    pub.add_option("--file", o.file, "Read the payload from there; - is standard input")
        ->type_name("FILE");
    pub.add_flag("--lines", o.lines, "A message for each line of the file or of standard input");
    pub.add_flag("--jsonl", o.jsonl,
                 "Messages as `sub --json` writes them, with all properties; EXCHANGE and KEY, "
                 "where they are given, go before those of the lines")
        ->excludes("--lines");
    pub.add_option("--count", o.count, "Publish the payload so often")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
        ->excludes("--lines")
        ->excludes("--jsonl")
        ->default_str("1");
    pub.add_option("--type", o.message.payload.type, "What the payload is, for instance order");
    pub.add_option("--version", o.message.payload.version, "Of the type: MAJOR.MINOR");
    pub.add_option("--content-type", o.message.payload.content_type, "Media type of the payload");
    pub.add_option("--header", o.headers, "A header; may be given several times")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    pub.add_option("--message-id", o.message.message_id, "Of a single message");
    CLI::Option* mandatory = pub.add_flag("--mandatory", o.mandatory,
                                          "It is an error when no queue takes the message; so it "
                                          "is anyway with the default exchange");
    pub.add_flag("--no-mandatory", o.no_mandatory, "It is none, with the default exchange either")
        ->excludes(mandatory);
    pub.add_flag("--keep-going", o.keep_going, "Go on after a message that is not taken");
    pub.add_flag("-q,--quiet", o.quiet,
                 "No summary and no progress on stderr, but for what was lost");
    pub.footer(
        "Examples:\n"
        "  zex pub logs error 'disk full' --mandatory\n"
        "  zex pub shop order.new --file order.json --type order --version 2.1 \\\n"
        "      --content-type application/json\n"
        "  tail -F /var/log/syslog | zex pub logs info --lines\n"
        "  zex pub '' orders hello --count 200000\n"
        "  zex sub --queue orders --json --timeout 5 > f; zex pub '' orders --jsonl --file f");
    pub.callback([&action, options] {
        action = [=](const Globals& globals) { return publish(*options, globals); };
    });
}

}  // namespace zex::tool
