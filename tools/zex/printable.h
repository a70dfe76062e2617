// Text from elsewhere made safe to show: a name or a payload must not steer the terminal, break a
// line in two, or put invalid bytes into JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace zex::tool {

/// Control characters (C0, DEL, C1, changes of direction) and bytes that are not UTF-8 as \xNN.
std::string printable(std::string_view text);

/// The same, appended to `out`; a tab may stay as it is.
void append_printable(std::string& out, std::string_view text, bool keep_tabs = false);

/// Columns that it takes on a terminal.
std::size_t width_of(std::string_view printable_text);

/// At most `columns` columns of it, the last one an ellipsis where something was cut.
std::string shortened(std::string_view printable_text, std::size_t columns);

/// One line of JSON; bytes that are not UTF-8 as U+FFFD, DEL and C1 as \u00NN.
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

}  // namespace zex::tool
