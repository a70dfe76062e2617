// What the looking commands share: the options that say how rows are shown, and showing them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <zex/result.hpp>

#include "tools/zex/columns.h"
#include "tools/zex/output.h"
#include "tools/zex/table.h"

namespace zex::tool {

struct View {
    std::string format = "table";      ///< -o
    std::string columns;               ///< --columns; empty: the usual ones
    std::string sort;                  ///< --sort
    std::optional<std::uint64_t> top;  ///< --top: the first so many after sorting
    std::string match;                 ///< --match: a glob; empty: all rows
    bool all = false;                  ///< --all: more than fits the terminal
};

/// Rows of one kind as they are shown when nothing is said.
struct Look {
    Fields known;
    std::string usual;      ///< the columns of a table
    std::string order;      ///< its sorting
    std::string droppable;  ///< columns that may go where a terminal is narrow, the first one first
    Fields matched = {};    ///< fields that --match is for
};

/// -o, --columns, --sort and --all. `view` must outlive `app`.
void add_view(CLI::App& app, View& view);

/// --top and --match beside these.
void add_choosing(CLI::App& app, View& view);

/// How to show the rows of one kind, worked out before the broker is asked.
class Presenter {
  public:
    static Result<Presenter> make(const View& view, const Look& look);

    /// `again`: not the first time, so that CSV needs no header. `room`: of a table.
    std::string text(Rows rows, bool colour, bool again = false, const Fit& room = {}) const;

    /// What a table has there, without `lines_taken` by others; without a bound where `fd` is no
    /// terminal, or with --all.
    Fit room(int fd, std::size_t lines_taken = 0) const;
    Format format() const { return format_; }

  private:
    Format format_ = Format::table;
    Fields known_;
    std::optional<Fields> fields_;  ///< nothing: all that the rows have
    Fields droppable_;
    Fields matched_;
    std::vector<SortKey> sort_;
    std::string match_;
    std::optional<std::uint64_t> top_;
    bool all_ = false;
};

/// The rows in a broker's answer, or `bad_reply`.
Result<Rows> rows_of(const nlohmann::json& answer);

/// Prints to stdout, in colour where it is wanted.
Exit print_rows(std::string_view what, const Presenter& presenter, const nlohmann::json& answer);

}  // namespace zex::tool
