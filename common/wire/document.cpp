#include "common/wire/document.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/text.h"

namespace zex::wire {
namespace {

/// Up to this many keys are compared pair by pair; more are sorted.
constexpr std::size_t few_keys = 8;

/// A tape above this size is given back after an unusually large envelope.
constexpr std::size_t kept_nodes = 65536;

}  // namespace

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::null:
            return "null";
        case Kind::boolean:
            return "a boolean";
        case Kind::unsigned_integer:
            return "an integer";
        case Kind::negative_integer:
            return "a negative integer";
        case Kind::real:
            return "a floating-point number";
        case Kind::text:
            return "a string";
        case Kind::binary:
            return "binary";
        case Kind::array:
            return "an array";
        case Kind::map:
            return "a map";
    }
    return "";
}

const Node* Node::find(std::string_view name) const {
    for (const Node& child : *this) {
        if (child.key() == name) return &child;
    }
    return nullptr;
}

const Node* Document::find_so_far(std::string_view name) const {
    if (nodes_.empty() || nodes_.front().kind != Kind::map) return nullptr;
    for (std::size_t i = 1; i < nodes_.size(); i += nodes_[i].span) {
        if (nodes_[i].span == 0) return nullptr;
        if (nodes_[i].key() == name) return &nodes_[i];
    }
    return nullptr;
}

DocumentBuilder::DocumentBuilder(Document& document, const DecodeLimits& limits)
    : document_(document),
      limits_(limits),
      most_nodes_(std::min<std::size_t>(limits.nodes, std::numeric_limits<std::uint32_t>::max())),
      open_(document.open_) {
    if (document_.nodes_.capacity() > kept_nodes) document_.nodes_ = {};
    document_.nodes_.clear();
    open_.clear();
}

bool DocumentBuilder::fail(std::string reason) {
    if (!error_) error_ = zex::error(ErrorCode::malformed, std::move(reason), path());
    return false;
}

std::string DocumentBuilder::path() const {
    std::string out;
    const auto add_key = [&out](std::string_view key) {
        if (!out.empty()) out += '.';
        out += escaped(key, 64);
    };
    for (std::size_t i = 0; i < open_.size(); ++i) {
        const Node& node = document_.nodes_[open_[i]];
        if (i > 0 && document_.nodes_[open_[i - 1]].kind == Kind::map) add_key(node.key());
        if (node.kind == Kind::array) {
            const bool innermost = i + 1 == open_.size();
            out += '[' + std::to_string(innermost ? node.size : node.size - 1) + ']';
        }
    }
    if (key_) add_key(*key_);
    return out;
}

bool DocumentBuilder::check_unusual_text(std::string_view value, const char* what) {
    if (value.size() > limits_.text_bytes && !at_payload()) {
        return fail(std::string(what) + " of " + std::to_string(value.size()) +
                    " bytes is longer than " + std::to_string(limits_.text_bytes));
    }
    if (find_bad_utf8(value)) {
        return fail(std::string(what) + " '" + escaped(value, 40) + "' is not UTF-8");
    }
    return true;
}

/// `data` and `data_base64` at the top, in an entry of `messages` or in a row.
bool DocumentBuilder::at_payload() const {
    if (!key_ || (*key_ != "data" && *key_ != "data_base64")) return false;
    if (open_.size() == 1) return true;
    if (open_.size() != 3) return false;
    const Node& list = document_.nodes_[open_[1]];
    return list.kind == Kind::array && (list.key() == "messages" || list.key() == "rows");
}

bool DocumentBuilder::fail_full_map() {
    return fail("a map has more than " + std::to_string(limits_.map_entries) + " entries");
}

bool DocumentBuilder::fail_full() {
    return fail("more than " + std::to_string(most_nodes_) + " values in one envelope");
}

bool DocumentBuilder::null() {
    return add(Kind::null) != nullptr;
}

bool DocumentBuilder::boolean(bool value) {
    Node* node = add(Kind::boolean);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
}

bool DocumentBuilder::integer(std::int64_t value) {
    if (value >= 0) return unsigned_integer(static_cast<std::uint64_t>(value));
    Node* node = add(Kind::negative_integer);
    if (node != nullptr) node->negative_integer = value;
    return node != nullptr;
}

bool DocumentBuilder::real(double value) {
    if (!std::isfinite(value)) return fail("a number is not finite; NaN and infinity have no form");
    Node* node = add(Kind::real);
    if (node != nullptr) node->real = value;
    return node != nullptr;
}

bool DocumentBuilder::binary(std::string_view value) {
    if (!at_payload() || *key_ != "data") return fail("binary may only stand as 'data'");
    Node* node = add(Kind::binary);
    if (node == nullptr) return false;
    node->data = value.data();
    node->size = static_cast<std::uint32_t>(value.size());
    return true;
}

bool DocumentBuilder::begin(Kind kind) {
    if (open_.size() >= limits_.depth) {
        return fail("nested deeper than " + std::to_string(limits_.depth) + " levels");
    }
    const auto index = static_cast<std::uint32_t>(document_.nodes_.size());
    Node* node = add(kind);
    if (node == nullptr) return false;
    node->span = 0;
    open_.push_back(index);
    return true;
}

bool DocumentBuilder::end(const char* canonical_end) {
    Node& node = document_.nodes_[open_.back()];
    node.canonical_end = canonical_end;
    node.span = static_cast<std::uint32_t>(document_.nodes_.size() - open_.back());
    if (node.kind == Kind::map && !has_distinct_keys(node)) return false;
    open_.pop_back();
    return true;
}

bool DocumentBuilder::fail_twice(std::string_view key) {
    key_ = key;
    return fail("a key stands twice in a map");
}

bool DocumentBuilder::has_distinct_keys(const Node& map) {
    if (map.size < 2) return true;
    if (map.size <= few_keys) {
        for (const Node& child : map) {
            for (const Node& earlier : map) {
                if (&earlier == &child) break;
                if (earlier.key() == child.key()) return fail_twice(child.key());
            }
        }
        return true;
    }
    std::vector<std::string_view>& keys = document_.keys_;
    keys.clear();
    for (const Node& child : map) keys.push_back(child.key());
    std::sort(keys.begin(), keys.end());
    const auto found = std::adjacent_find(keys.begin(), keys.end());
    return found == keys.end() || fail_twice(*found);
}

}  // namespace zex::wire
