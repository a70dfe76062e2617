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

int natural_order(std::string_view a, std::string_view b) {
    const auto digits = [](std::string_view text) {
        return std::min(text.find_first_not_of("0123456789"), text.size());
    };
    const std::string_view whole_a = a;
    const std::string_view whole_b = b;
    while (!a.empty() && !b.empty()) {
        const std::size_t run_a = digits(a);
        const std::size_t run_b = digits(b);
        if (run_a > 0 && run_b > 0) {
            std::string_view number_a = a.substr(0, run_a);
            std::string_view number_b = b.substr(0, run_b);
            for (auto* number : {&number_a, &number_b}) {
                number->remove_prefix(std::min(number->find_first_not_of('0'), number->size()));
            }
            if (number_a.size() != number_b.size()) {
                return number_a.size() < number_b.size() ? -1 : 1;
            }
            if (const int order = number_a.compare(number_b); order != 0) return order;
            a.remove_prefix(run_a);
            b.remove_prefix(run_b);
            continue;
        }
        if (a[0] != b[0]) {
            return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]) ? -1 : 1;
        }
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    if (a.empty() != b.empty()) return a.empty() ? -1 : 1;
    return whole_a.compare(whole_b);  // 01 and 1
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
            if (left == right) continue;
            if (left.is_string() && right.is_string()) {
                const int order = natural_order(left.get_ref<const std::string&>(),
                                                right.get_ref<const std::string&>());
                return key.descending ? order > 0 : order < 0;
            }
            return key.descending ? right < left : left < right;
        }
        return false;
    });
}

}  // namespace zex::tool
