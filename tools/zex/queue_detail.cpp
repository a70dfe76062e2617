// zex queue NAME: all that is known of one queue: its bindings, its consumers, who holds messages.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "common/wire/views.h"
#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/duration.h"
#include "tools/zex/listing.h"
#include "tools/zex/printable.h"
#include "tools/zex/terminal.h"

namespace zex::tool {
namespace {

using nlohmann::json;

struct DetailOptions {
    std::string queue;
    std::string format = "table";
};

struct Detail {
    json queue;
    Rows bindings;
    Rows consumers;
};

Result<Rows> rows_with(Client& client, const char* what, const char* field,
                       const std::string& value) {
    const auto answer = client.list(what);
    if (!answer) return answer.error();
    auto rows = rows_of(*answer);
    if (!rows) return rows.error();
    std::erase_if(*rows, [&](const json& row) { return row.value(field, json()) != value; });
    return rows;
}

Result<Detail> detail_of(Client& client, const std::string& name) {
    Detail detail;
    const auto queue = rows_with(client, "queues", "name", name);
    if (!queue) return queue.error();
    if (queue->empty()) {
        return error(ErrorCode::no_such_queue, "no queue is named '" + printable(name) + "'");
    }
    detail.queue = queue->front();
    auto bindings = rows_with(client, "bindings", "queue", name);
    if (!bindings) return bindings.error();
    detail.bindings = std::move(*bindings);
    auto consumers = rows_with(client, "consumers", "queue", name);
    if (!consumers) return consumers.error();
    detail.consumers = std::move(*consumers);
    return detail;
}

std::string value_text(const std::string& field, const json& value) {
    if (field.ends_with("_ms") && value.is_number_unsigned()) {
        return human_duration(value.get<std::uint64_t>());
    }
    if (field.ends_with("_rate") && value.is_number()) return human_rate(value.get<double>());
    if (value.is_string()) {
        const std::string text = printable(value.get_ref<const std::string&>());
        return text.empty() ? "-" : text;
    }
    return value.is_boolean() ? (value.get<bool>() ? "yes" : "no") : json_text(value);
}

std::string section(std::string_view title, const Rows& rows, std::string_view columns,
                    const Fields& known, std::string_view none) {
    std::string text = "\n" + std::string(title) + "\n";
    if (rows.empty()) return text + "  " + std::string(none) + "\n";
    const auto fields = choose_fields(columns, known);
    Fit fit;
    if (is_terminal(STDOUT_FILENO)) fit.columns = terminal_size(STDOUT_FILENO).columns;
    return text + render_table(rows, *fields, wants_colour(STDOUT_FILENO), fit);
}

std::string report(const Detail& detail) {
    std::string text;
    for (const std::string& field : fields_of<wire::QueueView>()) {
        const auto found = detail.queue.find(field);
        if (found == detail.queue.end()) continue;
        const std::string header = header_of(field);
        text += header + std::string(header.size() < 16 ? 16 - header.size() : 1, ' ') +
                value_text(field, *found) + "\n";
    }
    text += section("bindings", detail.bindings, "exchange,key", fields_of<wire::BindingView>(),
                    "none but the default exchange, whose key is the queue's name");
    // Those of messages that `get` has taken have the state get.
    text += section("consumers, and who else holds messages", detail.consumers,
                    "consumer,session,client,peer,unacked,oldest_unacked_ms,credit,acked,state",
                    fields_of<wire::ConsumerView>(), "none");
    return text;
}

Exit show(const DetailOptions& options, const Globals& globals) {
    auto client = connect(globals, "queue");
    if (!client) return fail("queue", client.error());
    const auto detail = detail_of(*client, options.queue);
    if (!detail) return fail("queue", detail.error());
    Output out(STDOUT_FILENO);
    if (options.format == "json") {
        const nlohmann::ordered_json all = {{"queue", detail->queue},
                                            {"bindings", detail->bindings},
                                            {"consumers", detail->consumers}};
        out.write(json_text(all, 2) + "\n");
    } else {
        out.write(report(*detail));
    }
    return out.finish("queue");
}

}  // namespace

void add_queue_detail(CLI::App& app, Action& action) {
    CLI::App& command = *app.add_subcommand(
        "queue", "One queue: its bindings, its consumers, who holds messages and since when");
    auto options = std::make_shared<DetailOptions>();
    command.add_option("NAME", options->queue)->required();
    command.add_option("-o,--output", options->format, "table or json")
        ->check(CLI::IsMember({"table", "json"}))
        ->type_name("FORMAT")
        ->default_str("table");
    command.footer("Examples:\n  zex queue orders\n  zex queue orders -o json");
    command.callback([&action, options] {
        action = [=](const Globals& globals) { return show(*options, globals); };
    });
}

}  // namespace zex::tool
