#include "common/wire/field_writer.h"

#include "common/base/check.h"

namespace zex::wire {

void FieldWriter::required(std::string_view field, std::string_view value) {
    out_.key(field);
    out_.text(value);
}

void FieldWriter::required(std::string_view field, std::uint64_t value) {
    out_.key(field);
    out_.number(value);
}

void FieldWriter::text(std::string_view field, std::string_view value, std::string_view standard) {
    if (value != standard) required(field, value);
}

void FieldWriter::optional(std::string_view field, const std::optional<std::string>& value) {
    if (value) required(field, std::string_view(*value));
}

void FieldWriter::number(std::string_view field, std::uint64_t value, std::uint64_t standard) {
    if (value != standard) required(field, value);
}

void FieldWriter::number(std::string_view field, const std::optional<std::uint64_t>& value) {
    if (value) required(field, *value);
}

void FieldWriter::flag(std::string_view field, bool value) {
    if (!value) return;
    out_.key(field);
    out_.boolean(true);
}

void FieldWriter::versions(std::string_view field, const std::vector<std::uint64_t>& values) {
    out_.key(field);
    out_.begin_array(values.size());
    for (const std::uint64_t value : values) out_.number(value);
    out_.end_array();
}

void FieldWriter::keys(std::string_view field, const std::vector<std::string>& keys) {
    if (keys.size() == 1) return required(field, std::string_view(keys.front()));
    out_.key(field);
    out_.begin_array(keys.size());
    for (const std::string& key : keys) out_.text(key);
    out_.end_array();
}

void FieldWriter::texts(std::string_view field, const std::vector<std::string>& values) {
    if (values.empty()) return;
    out_.key(field);
    out_.begin_array(values.size());
    for (const std::string& value : values) out_.text(value);
    out_.end_array();
}

void FieldWriter::tags(std::string_view one, std::string_view many,
                       const std::vector<TagRange>& ranges) {
    if (ranges.size() == 1 && ranges.front().first == ranges.front().last) {
        return required(one, ranges.front().first);
    }
    out_.key(many);
    out_.begin_array(ranges.size());
    for (const TagRange& range : ranges) {
        if (range.first == range.last) {
            out_.number(range.first);
            continue;
        }
        out_.begin_array(2);
        out_.number(range.first);
        out_.number(range.last);
        out_.end_array();
    }
    out_.end_array();
}

void FieldWriter::optional_tags(std::string_view one, std::string_view many,
                                const std::vector<TagRange>& ranges) {
    if (!ranges.empty()) tags(one, many, ranges);
}

void FieldWriter::settlement(std::string_view field, Settlement value) {
    switch (value) {
        case Settlement::ack:
            return;
        case Settlement::requeue:
            return required(field, std::string_view("requeue"));
        case Settlement::reject:
            return required(field, std::string_view("reject"));
    }
    ZEX_CHECK(!"a settlement");
}

void FieldWriter::error(const Error& value) {
    required("code", static_cast<std::uint64_t>(value.code));
    required("error", value.name());
    required("reason",
             value.reason.empty() ? info(value.code).sentence : std::string_view(value.reason));
    text("field", value.field);
    number("offset", value.offset);
    out_.key("retry");
    out_.boolean(value.may_retry());
}

void FieldWriter::rows(std::string_view field, std::string_view canonical) {
    if (canonical.empty()) return;
    out_.key(field);
    out_.canonical(canonical);
}

}  // namespace zex::wire
