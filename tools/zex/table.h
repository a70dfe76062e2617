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

/// All fields but an empty `fields` chooses nothing. Ends with a line end.
std::string render(const Rows& rows, const Fields& fields, Format format, bool colour = false);

/// The parts of the above.
std::string render_table(const Rows& rows, const Fields& fields, bool colour);
std::string render_json(const Rows& rows, const Fields& fields);
std::string render_json_lines(const Rows& rows, const Fields& fields);

/// Quoted as RFC 4180 says, but with plain line ends.
std::string render_csv(const Rows& rows, const Fields& fields, bool header = true);

}  // namespace zex::tool
