#include "common/wire/properties.h"

#include "common/wire/canonical.h"
#include "common/wire/json_reader.h"
#include "common/wire/message_fields.h"
#include "common/wire/rows.h"
#include "common/wire/writer.h"

namespace zex::wire {

std::optional<std::string_view> find_value(Properties properties, std::string_view name) {
    if (properties.empty()) return std::nullopt;
    CanonicalCursor cursor(properties);
    const std::uint32_t count = cursor.next().count;
    for (std::uint32_t i = 0; i < count; ++i) {
        const bool found = cursor.next().bytes == name;
        const std::string_view value = cursor.skip();
        if (found) return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> find_text(Properties properties, std::string_view name) {
    const auto found = find_value(properties, name);
    if (!found) return std::nullopt;
    const CanonicalValue value = CanonicalCursor(*found).next();
    if (value.kind != Kind::text) return std::nullopt;
    return value.bytes;
}

std::vector<std::string_view> field_names(Properties properties) {
    std::vector<std::string_view> names;
    if (properties.empty()) return names;
    CanonicalCursor cursor(properties);
    const std::uint32_t count = cursor.next().count;
    names.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        names.push_back(cursor.next().bytes);
        cursor.skip();
    }
    return names;
}

Result<std::string> pack_json_object(std::string_view json) {
    DecodeLimits limits;
    limits.depth -= 2;
    JsonReader reader;
    Document document;
    if (auto fault = reader.parse(json, limits, document)) return *fault;
    if (document.root().kind != Kind::map) {
        return error(ErrorCode::malformed, "it is not a JSON object");
    }
    std::string packed;
    Writer(Form::msgpack, packed).node(document.root());
    return packed;
}

std::string json_text(std::string_view msgpack_value) {
    std::string out;
    Writer(Form::json, out).canonical(msgpack_value);
    return out;
}

std::string merge_properties(Properties common, Properties own) {
    std::string out;
    Writer writer(Form::msgpack, out);
    writer.begin_map();
    writer.fields(common, own);
    writer.fields(own);
    writer.end_map();
    return out;
}

void PropertiesWriter::name(std::string_view name) {
    Writer(Form::msgpack, fields_).text(name);
    ++count_;
}

void PropertiesWriter::text(std::string_view name, std::string_view value) {
    this->name(name);
    Writer(Form::msgpack, fields_).text(value);
}

void PropertiesWriter::number(std::string_view name, std::int64_t value) {
    this->name(name);
    Writer(Form::msgpack, fields_).number(value);
}

void PropertiesWriter::number(std::string_view name, std::uint64_t value) {
    this->name(name);
    Writer(Form::msgpack, fields_).number(value);
}

void PropertiesWriter::number(std::string_view name, double value) {
    this->name(name);
    Writer(Form::msgpack, fields_).number(value);
}

void PropertiesWriter::boolean(std::string_view name, bool value) {
    this->name(name);
    Writer(Form::msgpack, fields_).boolean(value);
}

void PropertiesWriter::raw(std::string_view name, std::string_view msgpack_value) {
    this->name(name);
    fields_ += msgpack_value;
}

std::string PropertiesWriter::take() {
    std::string map;
    Writer(Form::msgpack, map).map_head(count_);
    map += fields_;
    fields_.clear();
    count_ = 0;
    return map;
}

bool is_delivery_field(std::string_view name) {
    return field_use(name) != FieldUse::property;
}

std::string pack_array(const std::vector<std::string>& packed_values) {
    std::string out;
    Writer writer(Form::msgpack, out);
    writer.begin_array(packed_values.size());
    for (const std::string& value : packed_values) writer.canonical(value);
    return out;
}

}  // namespace zex::wire
