// Columns of a listing. Which fields there are and their order comes from describe() of the row's
// struct (common/wire/views.h); header and look follow from the field's name:
//     *_rate -> */s, a rate;  *_ms -> *, a duration;  the rest -> upper case, as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <zex/result.hpp>

namespace zex::tool {

using Rows = std::vector<nlohmann::json>;  ///< each an object
using Fields = std::vector<std::string>;

/// The names that describe() gives to a row, in order.
template <class View>
Fields fields_of() {
    Fields fields;
    const auto visit = [&](std::string_view name, auto&) { fields.emplace_back(name); };
    View row;
    describe(visit, row);
    return fields;
}

/// "in_rate" -> "IN/s", "oldest_ms" -> "OLDEST".
std::string header_of(std::string_view field);

/// The fields that a comma list of field names or headers, in any case, means. `bad_argument`
/// names the ones there are, and the nearest.
Result<Fields> choose_fields(std::string_view comma_list, const Fields& known);

/// The known fields that some row has, in their order, then the other fields of the rows.
Fields all_fields(const Rows& rows, const Fields& known);

struct SortKey {
    std::string field;
    bool descending = false;
    bool operator==(const SortKey&) const = default;
};

/// "COL[:desc],COL…" as for choose_fields.
Result<std::vector<SortKey>> choose_sort(std::string_view comma_list, const Fields& known);

/// Below, at or above 0: text by bytes, but runs of digits in it by their value: q2 before q10.
int natural_order(std::string_view a, std::string_view b);

/// Stable. Numbers by value, text in natural order; rows without the field first.
void sort_rows(Rows& rows, const std::vector<SortKey>& keys);

}  // namespace zex::tool
