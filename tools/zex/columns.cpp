#include "tools/zex/columns.h"

#include <algorithm>
#include <cctype>

#include "common/base/text.h"

namespace zex::tool {
namespace {

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::vector<std::string_view> split(std::string_view comma_list) {
    std::vector<std::string_view> parts;
    for (std::size_t comma = 0; comma != std::string_view::npos;) {
        comma = comma_list.find(',');
        parts.push_back(comma_list.substr(0, comma));
        if (comma != std::string_view::npos) comma_list.remove_prefix(comma + 1);
    }
    return parts;
}

Error unknown_column(std::string_view word, const Fields& known) {
    std::string reason = "no column '" + std::string(word) + "'";
    if (const auto near = nearest(lower(word), known)) {
        reason += "; did you mean '" + std::string(*near) + "'?";
    }
    reason += " (there are";
    for (const std::string& field : known) reason += " " + field;
    reason += ")";
    return error(ErrorCode::bad_argument, reason);
}

Result<std::string> choose_field(std::string_view word, const Fields& known) {
    const std::string wanted = lower(word);
    for (const std::string& field : known) {
        if (wanted == field || wanted == lower(header_of(field))) return field;
    }
    return unknown_column(word, known);
}

}  // namespace

std::string header_of(std::string_view field) {
    const bool rate = take_suffix(field, "_rate");
    if (!rate) take_suffix(field, "_ms");
    std::string header(field);
    for (char& c : header) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return rate ? header + "/s" : header;
}

Result<Fields> choose_fields(std::string_view comma_list, const Fields& known) {
    Fields chosen;
    for (const std::string_view word : split(comma_list)) {
        auto field = choose_field(word, known);
        if (!field) return field.error();
        chosen.push_back(std::move(*field));
    }
    return chosen;
}

Fields all_fields(const Rows& rows, const Fields& known) {
    const auto is_known = [&](const std::string& field) {
        return std::find(known.begin(), known.end(), field) != known.end();
    };
    Fields fields;
    Fields others;
    for (const nlohmann::json& row : rows) {
        for (const auto& item : row.items()) {
            if (!is_known(item.key())) others.push_back(item.key());
        }
    }
    for (const std::string& field : known) {
        const auto has = [&](const nlohmann::json& row) { return row.contains(field); };
        if (rows.empty() || std::any_of(rows.begin(), rows.end(), has)) fields.push_back(field);
    }
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    fields.insert(fields.end(), others.begin(), others.end());
    return fields;
}

Result<std::vector<SortKey>> choose_sort(std::string_view comma_list, const Fields& known) {
    std::vector<SortKey> keys;
    for (std::string_view word : split(comma_list)) {
        SortKey key;
        key.descending = take_suffix(word, ":desc");
        if (!key.descending) take_suffix(word, ":asc");
        auto field = choose_field(word, known);
        if (!field) return field.error();
        key.field = std::move(*field);
        keys.push_back(std::move(key));
    }
    return keys;
}

void sort_rows(Rows& rows, const std::vector<SortKey>& keys) {
    const nlohmann::json none;
    const auto at = [&](const nlohmann::json& row, const std::string& field) -> const auto& {
        const auto found = row.find(field);
        return found == row.end() ? none : *found;
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
        for (const SortKey& key : keys) {
            const nlohmann::json& left = at(a, key.field);
            const nlohmann::json& right = at(b, key.field);
            if (left != right) return key.descending ? right < left : left < right;
        }
        return false;
    });
}

}  // namespace zex::tool
