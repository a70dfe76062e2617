#include "common/wire/protocol_table.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <zex/error.hpp>

#include "common/wire/describe.h"

namespace zex::wire {
namespace {

using nlohmann::ordered_json;

/// The visitor of describe() that lists fields.
class FieldLister {
  public:
    void name(std::string_view field, const auto&) { required(field, "name"); }
    void required_label(std::string_view field, const auto&) { required(field, "name or \"\""); }
    void label(std::string_view field, const auto&) { with_default(field, "name or \"\"", ""); }

    void required(std::string_view field, const std::string&) { required(field, "string"); }
    void required(std::string_view field, const std::uint64_t&) { required(field, "uint"); }

    void text(std::string_view field, const std::string&, std::string_view standard = "") {
        with_default(field, "string", standard);
    }
    void optional(std::string_view field, const std::optional<std::string>&) {
        absent(field, "string");
    }
    void number(std::string_view field, const std::uint64_t&, std::uint64_t standard) {
        with_default(field, "uint", standard);
    }
    void number(std::string_view field, const std::optional<std::uint64_t>&) {
        absent(field, "uint");
    }
    void flag(std::string_view field, const bool&) { with_default(field, "bool", false); }

    void versions(std::string_view field, const auto&) { required(field, "array of 1 to 64 uint"); }
    void keys(std::string_view field, const auto&) {
        required(field, "key, or array of 1 or more keys");
    }
    void texts(std::string_view field, const auto&) { absent(field, "array of string"); }
    void tags(std::string_view one, std::string_view many, const auto&) {
        optional_tags(one, many, 0);
        fields_[fields_.size() - 2]["instead_of"] = many;
        fields_[fields_.size() - 1]["instead_of"] = one;
    }
    void optional_tags(std::string_view one, std::string_view many, const auto&) {
        absent(one, "uint");
        absent(many, "array of uint and [first, last]");
    }
    void settlement(std::string_view field, const auto&) {
        with_default(field, "string", "ack");
        fields_.back()["one_of"] = {"ack", "requeue", "reject"};
    }
    void error(const auto&) {
        required("code", "uint");
        required("error", "string");
        required("reason", "string");
        with_default("field", "string", "");
        absent("offset", "uint");
        required("retry", "bool");
    }
    void rows(std::string_view field, const auto&) { absent(field, "array of map, or map"); }

    void required(std::string_view field, const char* type) {
        fields_.push_back({{"name", field}, {"type", type}, {"required", true}});
    }
    template <class Value>
    void with_default(std::string_view field, const char* type, const Value& value) {
        fields_.push_back({{"name", field}, {"type", type}, {"default", value}});
    }
    /// Without a default of its own: left out means none, or the broker's setting.
    void absent(std::string_view field, const char* type) {
        fields_.push_back({{"name", field}, {"type", type}});
    }

    ordered_json take() { return std::move(fields_); }

  private:
    ordered_json fields_ = ordered_json::array();
};

void payload_fields(FieldLister& list) {
    list.absent("messages", "array of uint and map");
    list.absent("data", "any");
    list.absent("data_base64", "string");
}

ordered_json fields_of(const Publish&) {
    FieldLister list;
    list.required("exchange", "name or \"\"");
    list.with_default("key", "key", "");
    list.with_default("mandatory", "bool", false);
    payload_fields(list);
    return list.take();
}

ordered_json fields_of(const Deliver&) {
    FieldLister list;
    list.with_default("consumer", "name or \"\"", "");
    list.required("tag", "uint");
    list.absent("exchange", "name or \"\"");
    list.absent("key", "key");
    list.with_default("redelivered", "bool", false);
    list.with_default("deliveries", "uint", 1);
    list.absent("remaining", "uint");
    payload_fields(list);
    return list.take();
}

ordered_json fields_of(const Return&) {
    FieldLister list;
    list.with_default("exchange", "name or \"\"", "");
    list.with_default("key", "key", "");
    list.error(0);
    return list.take();
}

template <class Op>
ordered_json fields_of(const Op& op) {
    FieldLister list;
    describe(list, op);
    return list.take();
}

template <class Op>
constexpr bool carries_properties =
    std::is_same_v<Op, Publish> || std::is_same_v<Op, Deliver> || std::is_same_v<Op, Return>;

template <class Op>
void add(ordered_json& operations) {
    ordered_json& row = operations[std::string(operation_name<Op>)];
    row["fields"] = fields_of(Op{});
    if (carries_properties<Op>) row["other_fields"] = "properties of the message";
}

template <class... Ops>
ordered_json all_of(const std::variant<Ops...>*) {
    ordered_json operations = ordered_json::object();
    (add<Ops>(operations), ...);
    return operations;
}

ordered_json properties() {
    FieldLister list;
    for (const char* name :
         {"type", "version", "content_type", "message_id", "correlation_id", "reply_to"}) {
        list.absent(name, "string");
    }
    list.absent("timestamp", "int");
    list.absent("headers", "map");
    return list.take();
}

ordered_json errors() {
    ordered_json rows = ordered_json::array();
    for (const ErrorInfo& row : error_table) {
        rows.push_back({{"code", static_cast<int>(row.code)},
                        {"error", row.name},
                        {"retry", row.may_retry},
                        {"sentence", row.sentence}});
    }
    return rows;
}

}  // namespace

std::string protocol_table() {
    ordered_json table;
    table["protocol"] = protocol_version;
    table["every_envelope"] = {{{"name", "op"}, {"type", "string"}, {"required", true}},
                               {{"name", "id"}, {"type", "uint"}}};
    table["client_sends"] = all_of(static_cast<const Operation*>(nullptr));
    table["broker_sends"] = all_of(static_cast<const Answer*>(nullptr));
    table["properties"] = properties();
    table["errors"] = errors();
    return table.dump(1) + "\n";
}

}  // namespace zex::wire
