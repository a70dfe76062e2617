#include "common/wire/json_reader.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <nlohmann/json.hpp>

#include "common/base/check.h"
#include "common/base/text.h"

namespace zex::wire {
namespace {

/// Text buffers above this size are given back after an unusually large envelope.
constexpr std::size_t kept_bytes = 1048576;

/// Reads the bytes and tells how far reading has come: nlohmann reports offsets for its own
/// refusals only.
class TrackedByte {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    TrackedByte(const char* at, const char** reached) : at_(at), reached_(reached) {}
    const char& operator*() const { return *at_; }
    TrackedByte& operator++() {
        *reached_ = ++at_;
        return *this;
    }
    bool operator==(const TrackedByte& other) const { return at_ == other.at_; }
    bool operator!=(const TrackedByte& other) const { return at_ != other.at_; }

  private:
    const char* at_;
    const char** reached_;
};

/// nlohmann's callbacks -> DocumentBuilder.
class Sax {
  public:
    Sax(DocumentBuilder& builder, std::string& texts) : builder_(builder), texts_(texts) {}

    bool null() { return builder_.null(); }
    bool boolean(bool value) { return builder_.boolean(value); }
    bool number_integer(std::int64_t value) { return builder_.integer(value); }
    bool number_unsigned(std::uint64_t value) { return builder_.unsigned_integer(value); }
    bool number_float(double value, const std::string& raw) {
        // nlohmann makes a double of an integer that has no room in 64 bits.
        if (raw.find_first_of(".eE") == std::string::npos) {
            return builder_.fail("the integer " + escaped(raw, 40) + " needs more than 64 bits");
        }
        return builder_.real(value);
    }
    bool string(std::string& value) { return builder_.text(kept(value)); }
    bool binary(nlohmann::json::binary_t&) { return false; }
    bool start_object(std::size_t) { return builder_.begin_map(); }
    bool key(std::string& name) { return builder_.key(kept(name)); }
    bool end_object() { return builder_.end(); }
    bool start_array(std::size_t) { return builder_.begin_array(); }
    bool end_array() { return builder_.end(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& e) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
        std::string_view text = e.what();
        if (const auto end = text.find("] "); end != text.npos) text.remove_prefix(end + 2);
        if (const auto end = text.find(": "); end != text.npos && text.starts_with("parse error")) {
            text.remove_prefix(end + 2);
        }
        return builder_.fail("no JSON: " + escaped(text, 200));
    }

  private:
    std::string_view kept(std::string_view text) {
        const std::size_t start = texts_.size();
        // A decoded string is never longer than its source, which `texts_` has room for.
        ZEX_CHECK(text.size() <= texts_.capacity() - start);
        texts_ += text;
        return {texts_.data() + start, text.size()};
    }

    DocumentBuilder& builder_;
    std::string& texts_;
};

}  // namespace

std::optional<Error> JsonReader::parse(std::string_view json, const DecodeLimits& limits,
                                       Document& document) {
    if (texts_.capacity() > kept_bytes) texts_ = {};
    texts_.clear();
    texts_.reserve(json.size());

    DocumentBuilder builder(document, limits);
    Sax sax(builder, texts_);
    const char* reached = json.data();
    const bool parsed = nlohmann::json::sax_parse(
        TrackedByte(json.data(), &reached), TrackedByte(json.data() + json.size(), &reached), &sax);
    if (parsed) return std::nullopt;
    builder.fail("no JSON");
    Error error = *builder.error();
    error.offset = static_cast<std::uint64_t>(reached - json.data());
    return error;
}

}  // namespace zex::wire
