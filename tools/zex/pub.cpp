// zex pub: publishes an argument, a file, or each line of a file, and waits for all confirms.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tools/zex/command.h"
#include "tools/zex/interrupt.h"
#include "tools/zex/lines.h"
#include "tools/zex/progress.h"
#include "tools/zex/publisher.h"
#include "tools/zex/terminal.h"

namespace zex::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds default_confirm_timeout{10'000};

struct PubOptions {
    std::string exchange;
    std::string key;
    std::optional<std::string> body;
    std::optional<std::string> file;
    bool lines = false;
    std::uint64_t count = 1;
    Message message;
    std::vector<std::string> headers;
    bool mandatory = false;
    bool keep_going = false;
    bool quiet = false;
};

/// What is wrong with the command line beyond what CLI11 sees, or nothing.
std::optional<std::string> contradiction(const PubOptions& options) {
    if (options.body && options.file) return "give BODY or --file, not both";
    if (options.body && *options.body != "-" && options.lines) {
        return "--lines reads a file or standard input: give --file F, or - as BODY";
    }
    if (!options.body && !options.file && !options.lines) {
        return "nothing to publish: give BODY, --file F, or - for standard input";
    }
    const bool many = options.lines || options.count > 1;
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

/// Publishes; stops at the first message that is not taken unless told to keep going.
class Run {
  public:
    Run(const PubOptions& options, Message message, Client& client, const Interrupt& interrupt,
        std::chrono::milliseconds timeout)
        : options_(options),
          message_(std::move(message)),
          interrupt_(interrupt),
          publisher_(client, options.exchange, options.key, {options.mandatory, timeout}) {}

    /// Each line of `input`. Ctrl-C ends the input.
    Exit lines(const Input& input) {
        Lines lines(input, &interrupt_);
        Progress progress(is_terminal(STDERR_FILENO) && !options_.quiet, input.size());
        for (;;) {
            const auto line = lines.next();
            if (!line) return fail("pub", line.error().reason, Exit::no_input);
            if (!*line || stopped()) break;
            message_.payload.bytes.assign(**line);
            publisher_.publish(message_);
            progress.update(publisher_.tally().published, lines.bytes_read());
        }
        publisher_.finish();
        return Exit::ok;
    }

    Exit repeated(std::string body) {
        message_.payload.bytes = std::move(body);
        Progress progress(is_terminal(STDERR_FILENO) && !options_.quiet, options_.count);
        for (std::uint64_t i = 0; i < options_.count && !stopped(); ++i) {
            publisher_.publish(message_);
            progress.update(i + 1, i + 1);
            if (i % 1024 == 1023 && interrupt_.arrived()) break;
        }
        publisher_.finish();
        return Exit::ok;
    }

    /// The summary, the first error, and the exit code that they make.
    Exit result(double seconds) const {
        const Tally& tally = publisher_.tally();
        if (!options_.quiet) std::fprintf(stderr, "%s\n", summary(tally, seconds).c_str());
        if (!tally.first_error) return Exit::ok;
        const std::string where =
            tally.published > 1 ? "pub: message " + std::to_string(tally.first_error_at) : "pub";
        return fail(where, *tally.first_error);
    }

  private:
    /// A message was not taken, as far as is known by now, and none shall follow it.
    bool stopped() {
        publisher_.collect();
        return publisher_.tally().first_error && !options_.keep_going;
    }

    const PubOptions& options_;
    Message message_;
    const Interrupt& interrupt_;
    Publisher publisher_;
};

Exit publish(const PubOptions& options, const Globals& globals) {
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
    if (input && !options.lines) {
        auto whole = read_all(*input);
        if (!whole) return fail("pub", whole.error().reason, Exit::no_input);
        body = std::move(*whole);
    }

    const Interrupt interrupt;
    auto client = Client::connect(client_options(globals, "pub"));
    if (!client) return fail("pub", client.error());
    const auto start = Clock::now();
    Run run(options, std::move(message), *client, interrupt,
            globals.timeout.value_or(default_confirm_timeout));
    const Exit read = options.lines ? run.lines(*input) : run.repeated(std::move(body));
    const std::chrono::duration<double> took = Clock::now() - start;
    const Exit published = run.result(took.count());
    return published == Exit::ok ? read : published;
}

}  // namespace

void add_publishing(CLI::App& app, Action& action) {
    auto options = std::make_shared<PubOptions>();
    PubOptions& o = *options;
    CLI::App& pub = *app.add_subcommand("pub", "Publish messages and wait for their confirms");
    pub.add_option("EXCHANGE", o.exchange, "\"\" is the default exchange: KEY names a queue")
        ->required();
    pub.add_option("KEY", o.key, "Routing key")->required();
    pub.add_option("BODY", o.body, "The payload; - is standard input");
    pub.add_option("--file", o.file, "Read the payload from there; - is standard input")
        ->type_name("FILE");
    pub.add_flag("--lines", o.lines, "A message for each line of the file or of standard input");
    pub.add_option("--count", o.count, "Publish the payload so often")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
        ->excludes("--lines")
        ->default_str("1");
    pub.add_option("--type", o.message.payload.type, "What the payload is, for instance order");
    pub.add_option("--version", o.message.payload.version, "Of the type: MAJOR.MINOR");
    pub.add_option("--content-type", o.message.payload.content_type, "Media type of the payload");
    pub.add_option("--header", o.headers, "A header; may be given several times")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    pub.add_option("--message-id", o.message.message_id, "Of a single message");
    pub.add_flag("--mandatory", o.mandatory, "It is an error when no queue takes the message");
    pub.add_flag("--keep-going", o.keep_going, "Go on after a message that is not taken");
    pub.add_flag("-q,--quiet", o.quiet, "No summary and no progress on stderr");
    pub.footer(
        "Examples:\n"
        "  zex pub logs error 'disk full' --mandatory\n"
        "  zex pub shop order.new --file order.json --type order --version 2.1 \\\n"
        "      --content-type application/json\n"
        "  tail -F /var/log/syslog | zex pub logs info --lines\n"
        "  zex pub '' orders hello --count 200000");
    pub.callback([&action, options] {
        action = [=](const Globals& globals) { return publish(*options, globals); };
    });
}

}  // namespace zex::tool
