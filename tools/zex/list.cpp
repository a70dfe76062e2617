// zex queues, exchanges, bindings, sessions, consumers.
#include <algorithm>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "common/wire/views.h"
#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/duration.h"
#include "tools/zex/interrupt.h"
#include "tools/zex/listing.h"
#include "tools/zex/terminal.h"

namespace zex::tool {
namespace {

/// One command: what it lists and how it looks when nothing is said.
struct Listing {
    std::string what;
    std::string sentence;
    Look look;
    std::string examples;
};

struct ListOptions {
    View view;
    std::optional<std::chrono::milliseconds> watch;
};

/// Of the rows of queues: how many messages more are ready than when they were last drawn.
constexpr const char* change_field = "change";

Fields queue_fields() {
    Fields fields = fields_of<wire::QueueView>();
    fields.insert(std::find(fields.begin(), fields.end(), "unacked"), change_field);
    return fields;
}

std::vector<Listing> listings() {
    return {
        {"queues",
         "Queues: what waits in them, how fast they move",
         {queue_fields(),
          "name,type,durability,ready,unacked,oldest_ms,consumers,in_rate,out_rate,ack_rate,"
          "redelivered,dropped,refused,state",
          "name",
          "durability,redelivered,out_rate,dropped,refused,type,unacked,oldest_ms,ack_rate,"
          "in_rate,consumers",
          {"name"}},
         "  zex queues --sort ready:desc --top 5\n"
         "  zex queues --match 'tenant-*' --watch 1\n"
         "  zex queues -o json | python3 -m json.tool\n"
         "  zex queues --columns name,bytes,max_bytes -o csv"},
        {"exchanges",
         "Exchanges: what is published to them, how much no queue takes",
         {fields_of<wire::ExchangeView>(),
          "name,kind,durable,bindings,in_rate,published,routed,unroutable,refused",
          "name",
          "kind,durable,bindings,in_rate",
          {"name"}},
         "  zex exchanges\n  zex exchanges --sort unroutable:desc"},
        {"bindings",
         "Bindings: which queue gets which key from which exchange",
         {fields_of<wire::BindingView>(),
          "exchange,key,queue",
          "exchange,key,queue",
          "",
          {"exchange", "key", "queue"}},
         "  zex bindings\n  zex bindings --sort queue -o jsonl"},
        {"sessions",
         "Sessions: who is connected, or may come back within the grace period",
         {fields_of<wire::SessionView>(),
          "session,client,peer,form,state,queues,consumers,unacked,published,delivered",
          "session",
          "form,queues,published,delivered,consumers,unacked",
          {"session", "client", "peer"}},
         "  zex sessions\n  zex sessions --columns client,state,heartbeat,grace"},
        {"consumers",
         "Consumers: whose they are, what they have not settled, and for how long",
         {fields_of<wire::ConsumerView>(),
          "queue,consumer,session,client,peer,unacked,oldest_unacked_ms,credit,delivered,acked,"
          "state",
          "queue,consumer",
          "delivered,acked,credit,session,consumer,peer",
          {"queue", "client", "consumer", "session"}},
         "  zex consumers --sort oldest_unacked:desc\n  zex consumers --watch 2"},
    };
}

std::string clock_time() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char text[16];
    return {text, std::strftime(text, sizeof text, "%H:%M:%S", &local)};
}

/// What stands before a redrawn listing: a cleared screen, or an empty line between blocks.
std::string block_start(const std::string& what, std::chrono::milliseconds every, Format format,
                        bool first) {
    if (format == Format::table && is_terminal(STDOUT_FILENO)) {
        return "\x1b[H\x1b[2J" + what + " every " +
               human_duration(static_cast<std::uint64_t>(every.count())) + ", at " + clock_time() +
               "; Ctrl-C ends\n\n";
    }
    return format == Format::table && !first ? "\n" : "";
}

/// Tells how the queues have changed between two drawings.
class Changes {
  public:
    void enter(Rows& rows) {
        std::map<std::string, std::int64_t> now;
        for (nlohmann::json& row : rows) {
            if (!row.contains("name") || !row.contains("ready")) continue;
            const std::string name = row.value("name", "");
            const auto ready = static_cast<std::int64_t>(row.value("ready", std::uint64_t{0}));
            const auto before = before_.find(name);
            row[change_field] = before == before_.end() ? 0 : ready - before->second;
            now[name] = ready;
        }
        before_ = std::move(now);
    }

  private:
    std::map<std::string, std::int64_t> before_;
};

/// Lines that block_start() takes on a terminal.
constexpr std::size_t head_lines = 2;

/// Draws until Ctrl-C, or until nobody reads any more. A broker that goes away for a while is
/// waited for.
Exit watch(const std::string& what, const Presenter& presenter, std::chrono::milliseconds every,
           Client& client, const Interrupt& interrupt) {
    Output out(STDOUT_FILENO, &interrupt);
    const bool colour = wants_colour(STDOUT_FILENO);
    Changes changes;
    for (bool first = true; !interrupt.arrived();) {
        const auto answer = client.list(what);
        auto rows = answer ? rows_of(*answer) : Result<Rows>(answer.error());
        if (rows) {
            if (what == "queues") changes.enter(*rows);
            out.write(block_start(what, every, presenter.format(), first));
            out.write(presenter.text(std::move(*rows), colour, !first,
                                     presenter.room(STDOUT_FILENO, head_lines)));
            first = false;
            if (!out.flush()) break;
        } else if (const Exit exit = fail(what, rows.error()); !rows.error().may_retry()) {
            return exit;
        }
        if (interrupt.wait(every)) break;
    }
    return out.finish(what);
}

Exit list(const Listing& listing, const ListOptions& options, const Globals& globals) {
    Look look = listing.look;
    const bool changes = options.watch && listing.what == "queues";
    if (changes) look.usual.replace(look.usual.find("unacked"), 0, "change,");
    const auto presenter = Presenter::make(options.view, look);
    if (!presenter) return fail(listing.what, presenter.error().reason, Exit::usage);
    std::optional<Interrupt> interrupt;
    if (options.watch) interrupt.emplace();
    auto client = connect(globals, listing.what);
    if (!client) return fail(listing.what, client.error());
    if (interrupt) return watch(listing.what, *presenter, *options.watch, *client, *interrupt);
    const auto answer = client->list(listing.what);
    if (!answer) return fail(listing.what, answer.error());
    return print_rows(listing.what, *presenter, *answer);
}

}  // namespace

void add_listing(CLI::App& app, Action& action) {
    for (Listing& listing : listings()) {
        auto options = std::make_shared<ListOptions>();
        CLI::App& command = *app.add_subcommand(listing.what, listing.sentence);
        add_view(command, options->view);
        add_choosing(command, options->view);
        const auto check = [](const std::string& text) -> std::string {
            const auto every = parse_duration(text);
            const bool fits = every && *every >= std::chrono::milliseconds(100) &&
                              *every <= std::chrono::hours(24);
            return fits ? "" : "'" + text + "' is not a time between 100ms and 24h";
        };
        add_duration(command, "--watch", options->watch, "Show it again each so many seconds")
            ->check(check);
        command.footer("Examples:\n" + listing.examples);
        command.callback([&action, options, listing = std::move(listing)] {
            action = [=](const Globals& globals) { return list(listing, *options, globals); };
        });
    }
}

}  // namespace zex::tool
