// Message properties in their canonical form: one MessagePack map with string keys, as the broker
// keeps and forwards it. An empty view is a map without fields. Built by the decoder or by
// PropertiesWriter, therefore well-formed, within limits, and safe to walk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zex/result.hpp>

#include "common/wire/protocol.h"

namespace zex::wire {

/// The string value of `name`, where there is one. The view points into `properties`.
std::optional<std::string_view> find_text(Properties properties, std::string_view name);

/// The MessagePack bytes of the value of `name`, where there is one.
std::optional<std::string_view> find_value(Properties properties, std::string_view name);

/// The names of its fields, in their order. The views point into `properties`.
std::vector<std::string_view> field_names(Properties properties);

/// The canonical map of a JSON object's text, by the rules for what an envelope may hold; for
/// fields of a message, which will stand two levels deep there. `malformed` with the byte offset.
Result<std::string> pack_json_object(std::string_view json);

/// The JSON text of canonical MessagePack (of any value, for instance `headers` or Ok::rows).
std::string json_text(std::string_view msgpack_value);

/// One map of both; a field of `own` stands before one of the same name in `common`.
std::string merge_properties(Properties common, Properties own);

/// Writes a properties map field by field.
class PropertiesWriter {
  public:
    void text(std::string_view name, std::string_view value);
    void number(std::string_view name, std::int64_t value);
    void number(std::string_view name, std::uint64_t value);
    void number(std::string_view name, double value);
    void boolean(std::string_view name, bool value);
    /// `msgpack_value` is one canonical MessagePack value.
    void raw(std::string_view name, std::string_view msgpack_value);

    bool empty() const { return count_ == 0; }
    std::string take();  ///< the map; leaves the writer empty

  private:
    void name(std::string_view name);
    std::string fields_;
    std::uint32_t count_ = 0;
};

/// Names of fields that a publish may not use as properties, because `deliver` has fields of
/// those names with a meaning of their own (`tag`, `consumer`, `redelivered`, …).
bool is_delivery_field(std::string_view name);

}  // namespace zex::wire
