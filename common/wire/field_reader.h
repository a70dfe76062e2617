// The visitor of describe() that fills the fields of an operation from a map in a document.
//
// Errors: the first fault stands and names its field; what is read after it is left as it was.
// Unknown fields are not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zex/error.hpp>

#include "common/wire/document.h"
#include "common/wire/protocol.h"
#include "common/wire/where.h"

namespace zex::wire {

class FieldReader {
  public:
    explicit FieldReader(const Node& map, Where where = {}) : map_(map), where_(where) {}

    const std::optional<Error>& fault() const { return fault_; }

    template <class Text>
    void name(std::string_view field, Text& out) {
        if (const auto read = checked_name(field)) out = Text(*read);
    }
    template <class Text>
    void required_label(std::string_view field, Text& out) {
        if (const auto read = checked_label(field, true)) out = Text(*read);
    }
    template <class Text>
    void label(std::string_view field, Text& out) {
        if (const auto read = checked_label(field, false)) out = Text(*read);
    }

    void required(std::string_view field, std::string& out);
    void required(std::string_view field, std::uint64_t& out);

    void text(std::string_view field, std::string& out, std::string_view standard = "");
    void optional(std::string_view field, std::optional<std::string>& out);
    void number(std::string_view field, std::uint64_t& out, std::uint64_t standard);
    void number(std::string_view field, std::optional<std::uint64_t>& out);
    void flag(std::string_view field, bool& out);

    void versions(std::string_view field, std::vector<std::uint64_t>& out);
    void keys(std::string_view field, std::vector<std::string>& out);
    void texts(std::string_view field, std::vector<std::string>& out);
    void tags(std::string_view one, std::string_view many, std::vector<TagRange>& out);
    void optional_tags(std::string_view one, std::string_view many, std::vector<TagRange>& out);
    void settlement(std::string_view field, Settlement& out);
    void error(Error& out);
    void rows(std::string_view field, std::string& out);

    void fail(ErrorCode code, std::string reason, std::string_view field);

  private:
    /// The field, where it is there and of this kind. Where it is not, that may be a fault.
    const Node* find(std::string_view field, Kind kind, bool required);
    std::optional<std::string_view> checked_name(std::string_view field);
    std::optional<std::string_view> checked_label(std::string_view field, bool required);
    bool read_range(const Node& node, TagRange& out);

    const Node& map_;
    Where where_;
    std::optional<Error> fault_;
};

}  // namespace zex::wire
