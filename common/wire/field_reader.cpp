#include "common/wire/field_reader.h"

#include <limits>

#include "common/base/text.h"
#include "common/wire/writer.h"

namespace zex::wire {
namespace {

/// More versions than any client can speak.
constexpr std::uint32_t most_versions = 64;

std::string at_index(std::string_view field, std::size_t index) {
    return std::string(field) + "[" + std::to_string(index) + "]";
}

}  // namespace

void FieldReader::fail(ErrorCode code, std::string reason, std::string_view field) {
    if (!fault_) fault_ = zex::error(code, std::move(reason), where_.field(field));
}

const Node* FieldReader::find(std::string_view field, Kind kind, bool required) {
    if (fault_) return nullptr;
    const Node* const node = map_.find(field);
    if (node == nullptr) {
        if (required) {
            fail(ErrorCode::missing_field, where_.field(field) + " is missing", field);
        }
        return nullptr;
    }
    if (node->kind == kind) return node;
    fail(ErrorCode::bad_field,
         where_.field(field) + " must be " +
             (kind == Kind::unsigned_integer ? "an integer from 0 to 18446744073709551615"
                                             : std::string(kind_name(kind))) +
             ", not " + std::string(kind_name(node->kind)),
         field);
    return nullptr;
}

std::optional<std::string_view> FieldReader::checked_name(std::string_view field) {
    const Node* const node = find(field, Kind::text, true);
    if (node == nullptr) return std::nullopt;
    fault_ = check_name(node->bytes(), where_.field(field));
    return node->bytes();
}

std::optional<std::string_view> FieldReader::checked_label(std::string_view field, bool required) {
    const Node* const node = find(field, Kind::text, required);
    if (node == nullptr) return std::nullopt;
    if (auto fault = check_key(node->bytes(), field)) {
        fail(fault->code, std::move(fault->reason), field);
    }
    return node->bytes();
}

void FieldReader::required(std::string_view field, std::string& out) {
    if (const Node* node = find(field, Kind::text, true)) out = node->bytes();
}

void FieldReader::required(std::string_view field, std::uint64_t& out) {
    if (const Node* node = find(field, Kind::unsigned_integer, true)) out = node->unsigned_integer;
}

void FieldReader::text(std::string_view field, std::string& out, std::string_view standard) {
    const Node* const node = find(field, Kind::text, false);
    out = node != nullptr ? node->bytes() : standard;
}

void FieldReader::optional(std::string_view field, std::optional<std::string>& out) {
    if (const Node* node = find(field, Kind::text, false)) out = node->bytes();
}

void FieldReader::number(std::string_view field, std::uint64_t& out, std::uint64_t standard) {
    const Node* const node = find(field, Kind::unsigned_integer, false);
    out = node != nullptr ? node->unsigned_integer : standard;
}

void FieldReader::number(std::string_view field, std::optional<std::uint64_t>& out) {
    if (const Node* node = find(field, Kind::unsigned_integer, false)) {
        out = node->unsigned_integer;
    }
}

void FieldReader::flag(std::string_view field, bool& out) {
    if (const Node* node = find(field, Kind::boolean, false)) out = node->boolean;
}

void FieldReader::versions(std::string_view field, std::vector<std::uint64_t>& out) {
    const Node* const list = find(field, Kind::array, true);
    if (list == nullptr) return;
    if (list->size == 0 || list->size > most_versions) {
        return fail(ErrorCode::bad_field, "versions must name 1 to 64 protocol versions", field);
    }
    for (const Node& version : *list) {
        if (version.kind != Kind::unsigned_integer) {
            return fail(ErrorCode::bad_field, "a protocol version must be an integer from 0 up",
                        at_index(field, out.size()));
        }
        out.push_back(version.unsigned_integer);
    }
}

void FieldReader::keys(std::string_view field, std::vector<std::string>& out) {
    if (fault_) return;
    const Node* const node = map_.find(field);
    if (node == nullptr || node->kind != Kind::array) {
        if (const auto key = checked_label(field, true)) out.emplace_back(*key);
        return;
    }
    if (node->size == 0) {
        return fail(ErrorCode::bad_field, "key must be a string or an array of at least one",
                    field);
    }
    for (const Node& key : *node) {
        const std::string place = at_index(field, out.size());
        if (key.kind != Kind::text) {
            return fail(ErrorCode::bad_field, place + " must be a string", place);
        }
        if (auto fault = check_key(key.bytes(), place)) {
            return fail(fault->code, std::move(fault->reason), place);
        }
        out.emplace_back(key.bytes());
    }
}

void FieldReader::texts(std::string_view field, std::vector<std::string>& out) {
    const Node* const list = find(field, Kind::array, false);
    if (list == nullptr) return;
    for (const Node& text : *list) {
        if (text.kind != Kind::text) {
            return fail(ErrorCode::bad_field, "must be a string", at_index(field, out.size()));
        }
        out.emplace_back(text.bytes());
    }
}

bool FieldReader::read_range(const Node& node, TagRange& out) {
    if (node.kind == Kind::unsigned_integer) {
        out = {node.unsigned_integer, node.unsigned_integer};
        return true;
    }
    if (node.kind != Kind::array || node.size != 2) return false;
    const Node& first = *node.begin();
    const Node& last = *++node.begin();
    if (first.kind != Kind::unsigned_integer || last.kind != Kind::unsigned_integer) return false;
    out = {first.unsigned_integer, last.unsigned_integer};
    return out.first <= out.last;
}

void FieldReader::tags(std::string_view one, std::string_view many, std::vector<TagRange>& out) {
    if (fault_) return;
    const bool has_many = map_.find(many) != nullptr;
    if (has_many && map_.find(one) != nullptr) {
        return fail(ErrorCode::bad_field, "tag and tags exclude each other", many);
    }
    if (!has_many) {
        std::uint64_t tag = 0;
        required(one, tag);
        out.push_back({tag, tag});
        return;
    }
    const Node* const list = find(many, Kind::array, true);
    if (list == nullptr) return;
    if (list->size == 0) return fail(ErrorCode::bad_field, "tags names no delivery", many);
    if (const Node* up_to = map_.find("up_to");
        up_to != nullptr && up_to->kind == Kind::boolean && up_to->boolean) {
        return fail(ErrorCode::bad_field, "up_to goes with tag, not with tags", "up_to");
    }
    out.reserve(list->size);
    for (const Node& node : *list) {
        TagRange range;
        if (!read_range(node, range)) {
            return fail(ErrorCode::bad_field, "must be a tag or a pair [first, last]",
                        at_index(many, out.size()));
        }
        out.push_back(range);
    }
}

void FieldReader::optional_tags(std::string_view one, std::string_view many,
                                std::vector<TagRange>& out) {
    if (map_.find(one) != nullptr || map_.find(many) != nullptr) tags(one, many, out);
}

void FieldReader::settlement(std::string_view field, Settlement& out) {
    const Node* const node = find(field, Kind::text, false);
    if (node == nullptr) return;
    const std::string_view action = node->bytes();
    if (action == "ack") {
        out = Settlement::ack;
    } else if (action == "requeue") {
        out = Settlement::requeue;
    } else if (action == "reject") {
        out = Settlement::reject;
    } else {
        fail(ErrorCode::bad_field,
             "action '" + escaped(action, 40) + "' must be ack, requeue or reject", field);
    }
}

void FieldReader::error(Error& out) {
    std::uint64_t code = 0;
    required("code", code);
    if (code > std::numeric_limits<std::uint16_t>::max()) {
        fail(ErrorCode::bad_field, "code is no error number", "code");
    }
    out.code = static_cast<ErrorCode>(code);
    text("reason", out.reason);
    text("field", out.field);
    number("offset", out.offset);
}

void FieldReader::rows(std::string_view field, std::string& out) {
    if (fault_) return;
    if (const Node* node = map_.find(field)) Writer(Form::msgpack, out).node(*node);
}

}  // namespace zex::wire
