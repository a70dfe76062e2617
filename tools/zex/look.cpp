// zex ping, peek, explain.
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

#include "common/wire/base64.h"
#include "common/wire/views.h"
#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/listing.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

using nlohmann::json;

Exit ping(const Globals& globals) {
    auto client = connect(globals, "ping");
    if (!client) return fail("ping", client.error());
    const auto took = client->ping();
    if (!took) return fail("ping", took.error());
    std::array<char, 64> line{};
    std::snprintf(line.data(), line.size(), "pong in %.3f ms\n",
                  static_cast<double>(took->count()) / 1000);
    Output out(STDOUT_FILENO);
    out.write(line.data());
    return out.finish("ping");
}

struct PeekOptions {
    View view;
    std::string queue;
    std::uint64_t count = 1;
};

/// The payload of a row whose bytes are no text; printable() shows them as \xNN, as `sub` does.
std::string bytes_of(const json& row) {
    std::string bytes;
    const auto found = row.find("data_base64");
    if (found != row.end() && found->is_string()) {
        (void)wire::append_base64_decoded(bytes, found->get_ref<const std::string&>());
    }
    return bytes;
}

/// Type, version and payload beside the other columns, as a table wants them.
void flatten(json& row, bool table) {
    if (!row.is_object()) return;
    const json properties = row.value("properties", json::object());
    for (const char* field : {"type", "version"}) {
        if (properties.contains(field)) row[field] = properties[field];
    }
    row["payload"] = row.contains("data") ? row["data"]
                     : table              ? json(bytes_of(row))
                                          : row.value("data_base64", json(""));
}

Exit peek(const PeekOptions& options, const Globals& globals) {
    Fields known = fields_of<wire::PeekView>();
    for (const char* more : {"type", "version", "payload", "properties", "data", "data_base64"}) {
        known.emplace_back(more);
    }
    const auto presenter = Presenter::make(
        options.view,
        {std::move(known), "position,exchange,key,age_ms,deliveries,size,type,version,payload", "",
         "deliveries,version,type,exchange,size"});
    if (!presenter) return fail("peek", presenter.error().reason, Exit::usage);
    auto client = connect(globals, "peek");
    if (!client) return fail("peek", client.error());
    auto answer = client->peek(options.queue, options.count);
    if (!answer) return fail("peek", answer.error());
    const bool all = options.view.columns.empty() && presenter->format() != Format::table;
    if (!all) {
        for (json& row : *answer) flatten(row, presenter->format() == Format::table);
    }
    return print_rows("peek", *presenter, *answer);
}

struct ExplainOptions {
    View view;
    std::string exchange;
    std::string key;
};

Exit explain(const ExplainOptions& options, const Globals& globals) {
    const auto presenter = Presenter::make(
        options.view,
        {fields_of<wire::ExplainView>(), "queue,takes,reason", "takes:desc,queue", ""});
    if (!presenter) return fail("explain", presenter.error().reason, Exit::usage);
    auto client = connect(globals, "explain");
    if (!client) return fail("explain", client.error());
    const auto answer = client->explain(options.exchange, options.key);
    if (!answer) return fail("explain", answer.error());
    return print_rows("explain", *presenter, *answer);
}

}  // namespace

void add_looking(CLI::App& app, Action& action) {
    CLI::App& pinging = *app.add_subcommand("ping", "Ask the broker for a sign of life");
    pinging.footer("Examples:\n  zex ping --endpoint tcp://127.0.0.1:5695");
    pinging.callback([&action] { action = ping; });

    CLI::App& looking = *app.add_subcommand("peek", "Look at ready messages without taking them");
    auto peeked = std::make_shared<PeekOptions>();
    looking.add_option("QUEUE", peeked->queue)->required();
    looking.add_option("--count", peeked->count, "How many, from the head")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100}))
        ->default_str("1");
    add_view(looking, peeked->view);
    looking.footer("Examples:\n  zex peek orders --count 5\n  zex peek orders -o json");
    looking.callback([&action, peeked] {
        action = [=](const Globals& globals) { return peek(*peeked, globals); };
    });

    CLI::App& explaining = *app.add_subcommand(
        "explain", "Where a message with this key would go, and why not elsewhere");
    auto explained = std::make_shared<ExplainOptions>();
    explaining.add_option("EXCHANGE", explained->exchange, "\"\" is the default exchange")
        ->required();
    explaining.add_option("KEY", explained->key)->required();
    add_view(explaining, explained->view);
    explaining.footer("Examples:\n  zex explain logs debug\n  zex explain '' orders");
    explaining.callback([&action, explained] {
        action = [=](const Globals& globals) { return explain(*explained, globals); };
    });
}

}  // namespace zex::tool
