// Writes rows (common/wire/views.h) as canonical MessagePack: what Ok::rows carries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/wire/properties.h"
#include "common/wire/views.h"

namespace zex::wire {

/// Adds each field of a row to a PropertiesWriter.
struct RowFields {
    PropertiesWriter& out;
    void operator()(std::string_view name, const std::string& value) { out.text(name, value); }
    void operator()(std::string_view name, std::uint64_t value) { out.number(name, value); }
    void operator()(std::string_view name, double value) { out.number(name, value); }
    void operator()(std::string_view name, bool value) { out.boolean(name, value); }
};

template <class View>
std::string pack_row(View row) {
    PropertiesWriter out;
    RowFields fields{out};
    describe(fields, row);
    return out.take();
}

/// An array of values that are packed already.
std::string pack_array(const std::vector<std::string>& packed_values);

template <class View>
std::string pack_rows(const std::vector<View>& rows) {
    std::vector<std::string> packed;
    packed.reserve(rows.size());
    for (const View& row : rows) packed.push_back(pack_row(row));
    return pack_array(packed);
}

}  // namespace zex::wire
