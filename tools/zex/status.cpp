// zex status: what is wrong, then what the broker is, holds and has done.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "common/wire/status_fields.h"
#include "tools/zex/command.h"
#include "tools/zex/connect.h"
#include "tools/zex/duration.h"
#include "tools/zex/listing.h"
#include "tools/zex/printable.h"
#include "tools/zex/terminal.h"
#include "tools/zex/troubles.h"

namespace zex::tool {
namespace {

using nlohmann::json;
using wire::StatusGroup;
using wire::StatusKind;

struct Group {
    StatusGroup group;
    std::string_view title;
};

constexpr auto groups = std::to_array<Group>({
    {StatusGroup::broker, "broker"},
    {StatusGroup::messages, "messages"},
    {StatusGroup::losses, "refused and lost"},
    {StatusGroup::connections, "connections"},
    {StatusGroup::storage, "storage"},
});

std::string value_text(const json& value, std::string_view unit) {
    if (value.is_string()) return printable(value.get_ref<const std::string&>());
    if (!value.is_number_unsigned()) return json_text(value);
    const auto number = value.get<std::uint64_t>();
    if (unit == "ms") return human_duration(number);
    if (unit == "bytes") return human_bytes(number);
    if (unit.empty()) return grouped(number);
    if (number == 1 && unit.ends_with("s")) unit.remove_suffix(1);
    return grouped(number) + " " + std::string(unit);
}

std::string line_of(const wire::StatusField& field, const json& value, bool help) {
    std::string name(field.name);
    if (field.unit == "ms" && name.ends_with("_ms")) name.resize(name.size() - 3);
    std::string line = "  " + name;
    line.append(name.size() < 24 ? 24 - name.size() : 1, ' ');
    const std::string text = value_text(value, field.unit);
    line += text;
    if (help) {
        line.append(text.size() < 26 ? 26 - text.size() : 1, ' ');
        line += std::string(field.help);
    }
    return line + "\n";
}

/// Not worth a line of its own: nothing has happened there.
bool is_quiet(const wire::StatusField& field, const json& value) {
    const bool zero = value.is_number_unsigned() && value.get<std::uint64_t>() == 0;
    return zero && field.group != StatusGroup::broker &&
           (field.kind == StatusKind::counter || field.group == StatusGroup::storage);
}

std::string group_text(const Group& group, const json& status, bool all) {
    std::string text;
    for (const wire::StatusField& field : wire::status_fields) {
        const auto found = status.find(field.name);
        if (field.group != group.group || found == status.end()) continue;
        if (all || !is_quiet(field, *found)) text += line_of(field, *found, all);
    }
    if (text.empty()) text = "  nothing\n";
    return "\n" + std::string(group.title) + "\n" + text;
}

/// Counters that the table does not have: bad input by error, and those of newer brokers.
std::string rest_text(const json& status, bool all) {
    std::string text;
    for (const auto& item : status.items()) {
        if (wire::status_field(item.key()) != nullptr) continue;
        const wire::StatusField field{item.key(), StatusGroup::connections, StatusKind::counter, "",
                                      ""};
        if (all || !is_quiet(field, item.value())) {
            text += line_of(field, item.value(), false);
        }
    }
    return text.empty() ? text : "\nother, and input that was refused\n" + text;
}

std::string report(const json& status, const Rows& queues, bool all, bool colour) {
    std::string text;
    const std::vector<std::string> troubles = troubles_of(status, queues);
    for (const std::string& trouble : troubles) {
        text += (colour ? "\x1b[31m" : "") + trouble + (colour ? "\x1b[0m" : "") + "\n";
    }
    if (troubles.empty()) text += "nothing is wrong\n";
    for (const Group& group : groups) text += group_text(group, status, all);
    return text + rest_text(status, all);
}

Exit status(const View& view, const Globals& globals) {
    const auto presenter =
        Presenter::make(view, {{"name", "value"}, "name,value", "", "", {"name"}});
    if (!presenter) return fail("status", presenter.error().reason, Exit::usage);
    auto client = connect(globals, "status");
    if (!client) return fail("status", client.error());
    const auto answer = client->status();
    if (!answer) return fail("status", answer.error());
    Output out(STDOUT_FILENO);
    if (presenter->format() == Format::json) {
        out.write(json_text(*answer, 2) + "\n");
        return out.finish("status");
    }
    if (presenter->format() == Format::table && view.columns.empty()) {
        const auto listed = client->list("queues");  // `starting` while the log is read
        auto queues = listed ? rows_of(*listed) : Result<Rows>(Rows());
        if (!queues) return fail("status", queues.error());
        out.write(report(*answer, *queues, view.all, wants_colour(STDOUT_FILENO)));
        return out.finish("status");
    }
    json rows = json::array();
    for (const auto& item : answer->items()) {
        rows.push_back({{"name", item.key()}, {"value", item.value()}});
    }
    return print_rows("status", *presenter, rows);
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
    CLI::App& command =
        *app.add_subcommand("status", "What is wrong, and what the broker is, holds and has done");
    auto view = std::make_shared<View>();
    add_view(command, *view);
    command.footer("Examples:\n  zex status\n  zex status --all\n  zex status -o json");
    command.callback([&action, view] {
        action = [=](const Globals& globals) { return status(*view, globals); };
    });
}

}  // namespace zex::tool
