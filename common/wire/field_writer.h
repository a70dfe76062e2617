// The visitor of describe() that writes the fields of an operation into an open map.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zex/error.hpp>

#include "common/wire/protocol.h"
#include "common/wire/writer.h"

namespace zex::wire {

class FieldWriter {
  public:
    explicit FieldWriter(Writer& out) : out_(out) {}

    void name(std::string_view field, std::string_view value) { required(field, value); }
    void required_label(std::string_view field, std::string_view value) { required(field, value); }
    void label(std::string_view field, std::string_view value) { text(field, value); }

    void required(std::string_view field, std::string_view value);
    void required(std::string_view field, std::uint64_t value);

    void text(std::string_view field, std::string_view value, std::string_view standard = "");
    void optional(std::string_view field, const std::optional<std::string>& value);
    void number(std::string_view field, std::uint64_t value, std::uint64_t standard);
    void number(std::string_view field, const std::optional<std::uint64_t>& value);
    void flag(std::string_view field, bool value);

    void versions(std::string_view field, const std::vector<std::uint64_t>& values);
    void keys(std::string_view field, const std::vector<std::string>& keys);
    void texts(std::string_view field, const std::vector<std::string>& values);
    void tags(std::string_view one, std::string_view many, const std::vector<TagRange>& ranges);
    void optional_tags(std::string_view one, std::string_view many,
                       const std::vector<TagRange>& ranges);
    void settlement(std::string_view field, Settlement value);
    void error(const Error& value);
    void rows(std::string_view field, std::string_view canonical);

  private:
    Writer& out_;
};

}  // namespace zex::wire
