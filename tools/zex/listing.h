// What the looking commands share: the options that say how rows are shown, and showing them.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <zex/result.hpp>

#include "tools/zex/columns.h"
#include "tools/zex/output.h"
#include "tools/zex/table.h"

namespace zex::tool {

struct View {
    std::string format = "table";  ///< -o
    std::string columns;           ///< --columns; empty: the usual ones
    std::string sort;              ///< --sort
};

/// -o, --columns and --sort. `view` must outlive `app`.
void add_view(CLI::App& app, View& view);

/// How to show the rows of one kind, worked out before the broker is asked.
class Presenter {
  public:
    /// `usual`: the columns of a table, and `order`: its sorting, when `view` names none.
    static Result<Presenter> make(const View& view, Fields known, std::string_view usual,
                                  std::string_view order);

    /// `again`: not the first time, so that CSV needs no header.
    std::string text(Rows rows, bool colour, bool again = false) const;
    Format format() const { return format_; }

  private:
    Format format_ = Format::table;
    Fields known_;
    std::optional<Fields> fields_;  ///< nothing: all that the rows have
    std::vector<SortKey> sort_;
};

/// The rows in a broker's answer, or `bad_reply`.
Result<Rows> rows_of(const nlohmann::json& answer);

/// Prints to stdout, in colour where it is wanted.
Exit print_rows(std::string_view what, const Presenter& presenter, const nlohmann::json& answer);

}  // namespace zex::tool
