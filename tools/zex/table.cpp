#include "tools/zex/table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "tools/zex/characters.h"
#include "tools/zex/duration.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t widest_cell = 80;
constexpr std::size_t narrowest_cut = 12;  ///< of a text that is cut to make a table fit

struct Cell {
    std::string text;
    bool number = false;
    std::string_view colour;  ///< escape sequence, or empty
};

std::string number_text(const json& value, std::string_view field) {
    if (field.ends_with("_rate")) return human_rate(value.get<double>());
    if (field.ends_with("_ms") && value.is_number_integer() && value >= 0) {
        return human_duration(value.get<std::uint64_t>());
    }
    return value.dump();
}

/// An empty exchange or key is a name like others; elsewhere empty text says that there is none.
std::string empty_text(std::string_view field) {
    return field == "name" || field == "exchange" || field == "key" ? "\"\"" : "-";
}

std::string_view colour_of(std::string_view field, const json& value) {
    constexpr std::string_view red = "\x1b[31m";
    constexpr std::string_view yellow = "\x1b[33m";
    constexpr std::array states = {
        std::pair{"full", red},          std::pair{"stalled", red},
        std::pair{"unattended", yellow}, std::pair{"suspended", yellow},
        std::pair{"waiting", yellow},    std::pair{"held", red},
        std::pair{"dropping", yellow},   std::pair{"growing", yellow},
        std::pair{"cancelled", yellow},
    };
    if (field != "state" || !value.is_string()) return {};
    for (const auto& [state, colour] : states) {
        if (value == state) return colour;
    }
    return {};
}

/// What it says is of no use in part.
bool is_sentence(std::string_view field) {
    return field == "reason" || field == "help";
}

/// Payloads and sentences are text; the rest are names.
std::string shown(const std::string& text, std::string_view field) {
    const bool name = field != "payload" && field != "data" && !is_sentence(field);
    return name ? unmistakable(text) : printable(text);
}

Cell cell_of(const json& row, const std::string& field) {
    const auto found = row.find(field);
    if (found == row.end() || found->is_null()) return {"-", false, {}};
    const json& value = *found;
    if (value.is_number()) return {number_text(value, field), true, {}};
    if (value.is_boolean()) return {value.get<bool>() ? "yes" : "no", false, {}};
    const std::string text =
        value.is_string() ? shown(value.get_ref<const std::string&>(), field) : json_text(value);
    if (text.empty()) return {empty_text(field), false, {}};
    if (is_sentence(field)) return {text, false, {}};
    return {shortened(text, widest_cell), false, colour_of(field, value)};
}

struct Grid {
    std::vector<std::vector<Cell>> lines;  ///< the headers first
    std::vector<std::size_t> widths;
    std::vector<bool> right;

    std::size_t width() const {
        std::size_t sum = 0;
        for (const std::size_t width : widths) sum += width + 2;
        return sum < 2 ? 0 : sum - 2;
    }
};

Grid grid_of(const Rows& rows, const Fields& fields) {
    Grid grid;
    grid.lines.resize(rows.size() + 1);
    for (const std::string& field : fields) {
        grid.lines[0].push_back({printable(header_of(field)), false, "\x1b[1m"});
        std::size_t width = width_of(grid.lines[0].back().text);
        bool right = false;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            grid.lines[i + 1].push_back(cell_of(rows[i], field));
            width = std::max(width, width_of(grid.lines[i + 1].back().text));
            right = right || grid.lines[i + 1].back().number;
        }
        grid.widths.push_back(width);
        grid.right.push_back(right);
    }
    return grid;
}

/// Takes columns away until the table is as narrow as asked, or there are none to take.
Fields narrowed(const Rows& rows, Fields fields, const Fit& fit) {
    if (fit.columns == 0) return fields;
    for (const std::string& next : fit.droppable) {
        if (grid_of(rows, fields).width() <= fit.columns) break;
        if (fields.size() > 1) std::erase(fields, next);
    }
    return fields;
}

/// Cuts the widest text column as far as is needed and sensible.
void cut_widest(Grid& grid, const Fields& fields, std::size_t columns) {
    const std::size_t width = grid.width();
    if (columns == 0 || width <= columns) return;
    std::size_t widest = grid.widths.size();
    for (std::size_t i = 0; i < grid.widths.size(); ++i) {
        if (grid.right[i] || is_sentence(fields[i])) continue;
        if (widest == grid.widths.size() || grid.widths[i] > grid.widths[widest]) widest = i;
    }
    if (widest == grid.widths.size() || grid.widths[widest] <= narrowest_cut) return;
    const std::size_t excess = std::min(width - columns, grid.widths[widest] - narrowest_cut);
    grid.widths[widest] -= excess;
    for (std::vector<Cell>& line : grid.lines) {
        line[widest].text = shortened(line[widest].text, grid.widths[widest]);
    }
}

/// The rows that fit, with those that do not counted in a last line.
std::size_t rows_shown(const Rows& rows, const Fit& fit) {
    if (fit.lines == 0 || rows.size() + 1 <= fit.lines) return rows.size();
    return fit.lines > 3 ? fit.lines - 2 : 1;
}

void append_cell(std::string& out, const Cell& cell, bool colour) {
    colour = colour && !cell.colour.empty();
    if (colour) out += cell.colour;
    out += cell.text;
    if (colour) out += "\x1b[0m";
}

ordered_json object_of(const json& row, const Fields& fields) {
    ordered_json object = ordered_json::object();
    for (const std::string& field : fields) {
        const auto found = row.find(field);
        object[field] = found == row.end() ? ordered_json() : ordered_json(*found);
    }
    return object;
}

std::string csv_field(const json& row, const std::string& field) {
    const auto found = row.find(field);
    if (found == row.end() || found->is_null()) return {};
    std::string text =
        found->is_string() ? found->get<std::string>() : json_text(ordered_json(*found));
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + "\"";
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
    if (name == "table") return Format::table;
    if (name == "json") return Format::json;
    if (name == "jsonl") return Format::jsonl;
    if (name == "csv") return Format::csv;
    return std::nullopt;
}

std::string render(const Rows& rows, const Fields& fields, Format format, bool colour) {
    switch (format) {
        case Format::json:
            return render_json(rows, fields);
        case Format::jsonl:
            return render_json_lines(rows, fields);
        case Format::csv:
            return render_csv(rows, fields);
        case Format::table:
            break;
    }
    return render_table(rows, fields, colour);
}

std::string render_table(const Rows& all, const Fields& wanted, bool colour, const Fit& fit) {
    const Rows rows(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(rows_shown(all, fit)));
    const Fields fields = narrowed(rows, wanted, fit);
    Grid grid = grid_of(rows, fields);
    cut_widest(grid, fields, fit.columns);
    std::string out;
    for (const std::vector<Cell>& line : grid.lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::size_t space = grid.widths[i] - width_of(line[i].text);
            const bool last = i + 1 == line.size();
            if (i > 0) out += "  ";
            if (grid.right[i]) out.append(space, ' ');
            append_cell(out, line[i], colour);
            if (!grid.right[i] && !last) out.append(space, ' ');
        }
        out += '\n';
    }
    if (rows.size() < all.size()) {
        out += "… " + std::to_string(all.size() - rows.size()) + " more, --all\n";
    }
    return out;
}

std::string render_json(const Rows& rows, const Fields& fields) {
    ordered_json array = ordered_json::array();
    for (const json& row : rows) array.push_back(object_of(row, fields));
    return json_text(array, 2) + "\n";
}

std::string render_json_lines(const Rows& rows, const Fields& fields) {
    std::string out;
    for (const json& row : rows) out += json_text(object_of(row, fields)) + "\n";
    return out;
}

std::string render_csv(const Rows& rows, const Fields& fields, bool header) {
    std::string out;
    const auto line = [&](const auto& text_of) {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (i > 0) out += ',';
            out += text_of(fields[i]);
        }
        out += '\n';
    };
    if (header) line([](const std::string& field) { return field; });
    for (const json& row : rows)
        line([&](const std::string& field) { return csv_field(row, field); });
    return out;
}

}  // namespace zex::tool
