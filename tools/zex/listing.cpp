#include "tools/zex/listing.h"

#include <algorithm>
#include <utility>

#include <fnmatch.h>
#include <unistd.h>

#include "tools/zex/terminal.h"

namespace zex::tool {

void add_view(CLI::App& app, View& view) {
    app.add_option("-o,--output", view.format, "table, json, jsonl (an object a line) or csv")
        ->check(CLI::IsMember({"table", "json", "jsonl", "csv"}))
        ->type_name("FORMAT")
        ->default_str("table");
    app.add_option("--columns", view.columns,
                   "Which ones, in this order; without it a table has the usual ones, the other "
                   "formats have all")
        ->type_name("COL,COL...");
    app.add_option("--sort", view.sort, "By these columns; COL:desc turns one round")
        ->type_name("COL[:desc],...");
    app.add_flag("--all", view.all, "All columns and rows, also where a terminal has no room");
}

void add_choosing(CLI::App& app, View& view) {
    app.add_option("--top", view.top, "The first so many rows, as they are sorted")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
        ->type_name("N");
    app.add_option("--match", view.match, "Rows whose name matches: * any text, ? one character")
        ->type_name("GLOB");
}

Result<Presenter> Presenter::make(const View& view, const Look& look) {
    Presenter presenter;
    presenter.format_ = format_named(view.format).value_or(Format::table);
    const std::string_view wanted = view.columns.empty() ? look.usual : view.columns;
    if (!view.columns.empty() || presenter.format_ == Format::table) {
        auto fields = choose_fields(wanted, look.known);
        if (!fields) return fields.error();
        presenter.fields_ = std::move(*fields);
    }
    if (view.columns.empty() && !look.droppable.empty()) {
        auto droppable = choose_fields(look.droppable, look.known);
        if (!droppable) return droppable.error();
        presenter.droppable_ = std::move(*droppable);
    }
    const std::string_view by = view.sort.empty() ? look.order : view.sort;
    if (!by.empty()) {
        auto sort = choose_sort(by, look.known);
        if (!sort) return sort.error();
        presenter.sort_ = std::move(*sort);
    }
    presenter.known_ = look.known;
    presenter.matched_ = look.matched;
    presenter.match_ = view.match;
    presenter.top_ = view.top;
    presenter.all_ = view.all;
    return presenter;
}

std::string Presenter::text(Rows rows, bool colour, bool again, const Fit& room) const {
    const auto matches = [&](const nlohmann::json& row, const std::string& field) {
        const auto found = row.find(field);
        return found != row.end() && found->is_string() &&
               ::fnmatch(match_.c_str(), found->get_ref<const std::string&>().c_str(), 0) == 0;
    };
    if (!match_.empty()) {
        std::erase_if(rows, [&](const nlohmann::json& row) {
            return std::none_of(matched_.begin(), matched_.end(),
                                [&](const std::string& field) { return matches(row, field); });
        });
    }
    sort_rows(rows, sort_);
    if (top_ && rows.size() > *top_) rows.resize(static_cast<std::size_t>(*top_));
    const Fields fields = fields_ ? *fields_ : all_fields(rows, known_);
    if (again && format_ == Format::csv) return render_csv(rows, fields, false);
    if (format_ == Format::table) return render_table(rows, fields, colour, room);
    return render(rows, fields, format_);
}

Fit Presenter::room(int fd, std::size_t lines_taken) const {
    if (all_ || !is_terminal(fd)) return {};
    const TerminalSize size = terminal_size(fd);
    // One line is for the prompt that comes after it.
    const std::size_t taken = lines_taken + 1;
    return {size.columns, size.lines > taken + 2 ? size.lines - taken : 3, droppable_};
}

Result<Rows> rows_of(const nlohmann::json& answer) {
    Rows rows;
    if (!answer.is_array()) return error(ErrorCode::bad_reply, "the broker's rows are no array");
    for (const nlohmann::json& row : answer) {
        if (!row.is_object()) return error(ErrorCode::bad_reply, "a row is no map");
        rows.push_back(row);
    }
    return rows;
}

Exit print_rows(std::string_view what, const Presenter& presenter, const nlohmann::json& answer) {
    auto rows = rows_of(answer);
    if (!rows) return fail(what, rows.error());
    Output out(STDOUT_FILENO);
    out.write(presenter.text(std::move(*rows), wants_colour(STDOUT_FILENO), false,
                             presenter.room(STDOUT_FILENO)));
    return out.finish(what);
}

}  // namespace zex::tool
