#include "tools/zex/listing.h"

#include <utility>

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
}

Result<Presenter> Presenter::make(const View& view, Fields known, std::string_view usual,
                                  std::string_view order) {
    Presenter presenter;
    presenter.format_ = format_named(view.format).value_or(Format::table);
    const std::string_view wanted = view.columns.empty() ? usual : view.columns;
    if (!view.columns.empty() || presenter.format_ == Format::table) {
        auto fields = choose_fields(wanted, known);
        if (!fields) return fields.error();
        presenter.fields_ = std::move(*fields);
    }
    const std::string_view by = view.sort.empty() ? order : view.sort;
    if (!by.empty()) {
        auto sort = choose_sort(by, known);
        if (!sort) return sort.error();
        presenter.sort_ = std::move(*sort);
    }
    presenter.known_ = std::move(known);
    return presenter;
}

std::string Presenter::text(Rows rows, bool colour, bool again) const {
    sort_rows(rows, sort_);
    const Fields fields = fields_ ? *fields_ : all_fields(rows, known_);
    if (again && format_ == Format::csv) return render_csv(rows, fields, false);
    return render(rows, fields, format_, colour);
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
    out.write(presenter.text(std::move(*rows), wants_colour(STDOUT_FILENO)));
    return out.finish(what);
}

}  // namespace zex::tool
