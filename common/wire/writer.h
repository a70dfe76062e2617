// Writes one value after another in either form: canonical MessagePack (shortest encodings, every
// float in 64 bits) or JSON (no spaces, doubles that read back as the same double).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/wire/protocol.h"

namespace zex::wire {

struct Node;

class Writer {
  public:
    /// Appends to `out`, which must outlive the writer.
    Writer(Form form, std::string& out) : form_(form), out_(out) {}

    Form form() const { return form_; }

    /// The head of a MessagePack map whose pairs are appended by other means.
    void map_head(std::uint32_t count);
    void begin_map();
    void end_map();
    void begin_array(std::size_t count);
    void end_array();
    void key(std::string_view name);

    void null();
    void boolean(bool value);
    void number(std::uint64_t value);
    void number(std::int64_t value);
    void number(double value);
    void text(std::string_view value);
    void binary(std::string_view value);  ///< in JSON a string of base64

    /// A whole value out of a document.
    void node(const Node& node);

    /// One canonical MessagePack value.
    void canonical(std::string_view value);

    /// Inside a map: the fields of `properties`, without those that also stand in `except`.
    void fields(Properties properties, Properties except = {});

  private:
    void separate();
    void canonical_at(class CanonicalCursor& cursor);

    struct OpenMap {
        std::size_t header;
        std::uint32_t count;
    };
    static constexpr std::size_t most_open = 48;

    Form form_;
    std::string& out_;
    bool comma_ = false;
    std::size_t depth_ = 0;
    std::array<OpenMap, most_open> open_;
};

/// JSON's string literal for `text`, with its quotation marks.
void append_json_string(std::string& out, std::string_view text);

}  // namespace zex::wire
