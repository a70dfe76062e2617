#include "common/wire/msgpack_reader.h"

#include <cstddef>

#include <msgpack.hpp>

namespace zex::wire {
namespace {

/// msgpack-cxx's callbacks -> DocumentBuilder.
class Visitor {
  public:
    Visitor(DocumentBuilder& builder, std::size_t frame_bytes)
        : builder_(builder), frame_bytes_(frame_bytes) {}

    bool visit_nil() { return value() && builder_.null(); }
    bool visit_boolean(bool v) { return value() && builder_.boolean(v); }
    bool visit_positive_integer(std::uint64_t v) { return value() && builder_.unsigned_integer(v); }
    bool visit_negative_integer(std::int64_t v) { return value() && builder_.integer(v); }
    bool visit_float32(float v) { return value() && builder_.real(v); }
    bool visit_float64(double v) { return value() && builder_.real(v); }
    bool visit_str(const char* data, std::uint32_t size) {
        const std::string_view text(data, size);
        return in_key_ ? builder_.key(text) : builder_.text(text);
    }
    bool visit_bin(const char* data, std::uint32_t size) {
        return value() && builder_.binary({data, size});
    }
    bool visit_ext(const char*, std::uint32_t) {
        return builder_.fail("extension types have no meaning here");
    }
    bool start_array(std::uint32_t count) {
        return value() && fits(count, 1) && builder_.begin_array();
    }
    bool start_map(std::uint32_t count) {
        return value() && fits(count, 2) && builder_.begin_map();
    }
    bool end_array() { return builder_.end(); }
    bool end_map() { return builder_.end(); }
    bool start_map_key() { return in_key_ = true; }
    bool end_map_key() { return !(in_key_ = false); }
    bool start_map_value() { return true; }
    bool end_map_value() { return true; }
    bool start_array_item() { return true; }
    bool end_array_item() { return true; }

    void parse_error(std::size_t, std::size_t) { builder_.fail("no MessagePack: a reserved byte"); }
    void insufficient_bytes(std::size_t, std::size_t) {
        builder_.fail("the MessagePack ends before its value does");
    }
    bool referenced() const { return true; }
    void set_referenced(bool) {}

  private:
    /// False where a key should stand: keys are strings.
    bool value() { return !in_key_ || builder_.fail("a map key is not a string"); }

    bool fits(std::uint32_t count, std::size_t bytes_each) {
        return count <= frame_bytes_ / bytes_each ||
               builder_.fail("declares " + std::to_string(count) + " elements in a frame of " +
                             std::to_string(frame_bytes_) + " bytes");
    }

    DocumentBuilder& builder_;
    std::size_t frame_bytes_;
    bool in_key_ = false;
};

}  // namespace

std::optional<Error> parse_msgpack(std::string_view bytes, const DecodeLimits& limits,
                                   Document& document) {
    DocumentBuilder builder(document, limits);
    Visitor visitor(builder, bytes.size());
    std::size_t offset = 0;
    bool parsed = false;
    try {
        parsed = msgpack::parse(bytes.data(), bytes.size(), offset, visitor);
    } catch (const msgpack::unpack_error& e) {
        builder.fail(std::string("no MessagePack: ") + e.what());
    }
    if (parsed && offset < bytes.size()) {
        builder.fail(std::to_string(bytes.size() - offset) + " bytes stand behind the value");
    }
    if (parsed && !builder.error()) return std::nullopt;
    builder.fail("no MessagePack");
    Error error = *builder.error();
    error.offset = offset;
    return error;
}

}  // namespace zex::wire
