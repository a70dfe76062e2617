// What either form of an envelope is parsed into: a flat tape of nodes in reading order, where a
// container knows how many nodes it spans. One buffer serves every envelope, so that parsing
// allocates nothing in the steady state.
//
// Invariants: every text and key is UTF-8; every map has distinct keys; depth and sizes are within
// the limits given to DocumentBuilder, which is the one place that enforces them, for both forms.
// Keys and texts are views into the frame or into the reader that parsed it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ascii.h"
#include "common/wire/codec.h"

namespace zex::wire {

/// A number is `unsigned_integer` wherever it is an integer from 0 up.
enum class Kind : std::uint8_t {
    null,
    boolean,
    unsigned_integer,
    negative_integer,
    real,
    text,
    binary,
    array,
    map
};

/// "a string", "a map", …: for sentences.
std::string_view kind_name(Kind kind);

struct Node {
    const char* key_data = nullptr;
    union {
        const char* data;
        bool boolean;
        std::uint64_t unsigned_integer;
        std::int64_t negative_integer;
        double real;
        const char* canonical_end;  ///< see canonical()
    };
    std::uint32_t key_size = 0;
    std::uint32_t size = 0;  ///< bytes of a text or binary; children of an array or map
    std::uint32_t span = 1;  ///< this node and all below it; 0 while the container is open
    Kind kind = Kind::null;

    Node() : unsigned_integer(0) {}

    std::string_view key() const { return {key_data, key_size}; }
    std::string_view bytes() const { return {data, size}; }  ///< requires text or binary

    /// The MessagePack that a container in a map came as, if that was canonical; else nothing.
    std::string_view canonical() const {
        const bool known = (kind == Kind::map || kind == Kind::array) && canonical_end != nullptr;
        if (!known || key_data == nullptr) return {};
        const char* const begin = key_data + key_size;
        return {begin, static_cast<std::size_t>(canonical_end - begin)};
    }

    class Iterator {
      public:
        explicit Iterator(const Node* at) : at_(at) {}
        const Node& operator*() const { return *at_; }
        Iterator& operator++() { return at_ += at_->span, *this; }
        bool operator==(const Iterator&) const = default;

      private:
        const Node* at_;
    };
    Iterator begin() const { return Iterator(this + 1); }
    Iterator end() const { return Iterator(this + span); }

    /// The value of `name` in a map, or null.
    const Node* find(std::string_view name) const;
};

class Document {
  public:
    const Node& root() const { return nodes_.front(); }

    /// The value of `name` at the top, as far as parsing came: for answering a refused envelope.
    const Node* find_so_far(std::string_view name) const;

  private:
    friend class DocumentBuilder;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> open_;     ///< containers that have begun, outermost first
    std::vector<std::string_view> keys_;  ///< of one large map, while it is checked
};

/// Takes what a parser reads, in order. Each call is false where the envelope must be refused.
class DocumentBuilder {
  public:
    DocumentBuilder(Document& document, const DecodeLimits& limits);

    bool key(std::string_view name);
    bool null();
    bool boolean(bool value);
    bool unsigned_integer(std::uint64_t value);
    bool integer(std::int64_t value);
    bool real(double value);
    bool text(std::string_view value);
    bool binary(std::string_view value);
    bool begin_array() { return begin(Kind::array); }
    bool begin_map() { return begin(Kind::map); }
    /// `canonical_end`: where the container's bytes end, if they are canonical MessagePack and its
    /// key stands directly before them.
    bool end(const char* canonical_end = nullptr);

    /// Refuses the value at hand. The first refusal stands.
    bool fail(std::string reason);
    const std::optional<Error>& error() const { return error_; }

  private:
    Node* add(Kind kind);
    bool begin(Kind kind);
    bool check_text(std::string_view value, const char* what) {
        const bool usual = value.size() <= limits_.text_bytes && is_ascii(value);
        return usual || check_unusual_text(value, what);
    }
    bool check_unusual_text(std::string_view value, const char* what);
    bool fail_full_map();
    bool fail_full();
    bool fail_twice(std::string_view key);
    bool has_distinct_keys(const Node& map);
    bool at_payload() const;
    std::string path() const;

    Document& document_;
    const DecodeLimits& limits_;
    const std::size_t most_nodes_;
    std::vector<std::uint32_t>& open_;
    std::optional<std::string_view> key_;  ///< read, while its value is not

    std::optional<Error> error_;
};

// In line, as an envelope has many of them.

inline bool DocumentBuilder::key(std::string_view name) {
    if (document_.nodes_[open_.back()].size >= limits_.map_entries) return fail_full_map();
    if (!check_text(name, "a key")) return false;
    key_ = name;
    return true;
}

inline Node* DocumentBuilder::add(Kind kind) {
    std::vector<Node>& nodes = document_.nodes_;
    if (nodes.size() >= most_nodes_) {
        fail_full();
        return nullptr;
    }
    if (!open_.empty()) ++nodes[open_.back()].size;
    Node& node = nodes.emplace_back();
    node.kind = kind;
    if (key_) {
        node.key_data = key_->data();
        node.key_size = static_cast<std::uint32_t>(key_->size());
        key_.reset();
    }
    return &node;
}

inline bool DocumentBuilder::unsigned_integer(std::uint64_t value) {
    Node* node = add(Kind::unsigned_integer);
    if (node != nullptr) node->unsigned_integer = value;
    return node != nullptr;
}

inline bool DocumentBuilder::text(std::string_view value) {
    if (!check_text(value, "a string")) return false;
    Node* node = add(Kind::text);
    if (node == nullptr) return false;
    node->data = value.data();
    node->size = static_cast<std::uint32_t>(value.size());
    return true;
}

}  // namespace zex::wire
