// Rows as a table for people, or as JSON, JSON lines or CSV for programs. Numbers stay numbers in
// JSON, and milliseconds stay milliseconds; only the table rounds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/zex/columns.h"

namespace zex::tool {

enum class Format { table, json, jsonl, csv };

/// The format of this name, or nothing.
std::optional<Format> format_named(std::string_view name);

/// How much room a table has.
struct Fit {
    std::size_t columns = 0;  ///< of the terminal; 0: as wide as it is
    std::size_t lines = 0;    ///< header and last line included; 0: as long as it is
    Fields droppable = {};    ///< fields that may go where it is too wide, the first one first
};

/// All fields but an empty `fields` chooses nothing. Ends with a line end.
std::string render(const Rows& rows, const Fields& fields, Format format, bool colour = false);

/// The parts of the above. A table that does not fit loses columns, then the ends of its longest
/// texts, and rows at its end, whose number its last line tells.
std::string render_table(const Rows& rows, const Fields& fields, bool colour, const Fit& fit = {});
std::string render_json(const Rows& rows, const Fields& fields);
std::string render_json_lines(const Rows& rows, const Fields& fields);

/// Quoted as RFC 4180 says, but with plain line ends.
std::string render_csv(const Rows& rows, const Fields& fields, bool header = true);

}  // namespace zex::tool
