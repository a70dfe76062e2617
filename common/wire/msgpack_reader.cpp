#include "common/wire/msgpack_reader.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

namespace zex::wire {
namespace {

/// Calls itself for what is in a container; DocumentBuilder ends that at DecodeLimits::depth.
class Reader {
  public:
    Reader(std::string_view bytes, DocumentBuilder& builder)
        : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()), builder_(builder) {}

    bool whole() {
        if (!value()) return false;
        return at_ == end_ ||
               builder_.fail(std::to_string(end_ - at_) + " bytes stand behind the value");
    }
    std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  private:
    using Byte = unsigned char;

    bool value();
    bool wide_value(Byte head);
    bool unsigned_integer(std::size_t bytes, std::uint64_t least);
    template <class Number>
    bool signed_integer(std::int64_t greatest);
    bool real(std::size_t bytes);
    bool binary(std::size_t size_bytes, std::uint32_t least);
    bool array(std::uint32_t count);
    bool map(std::uint32_t count);
    bool key();

    static bool is_text(Byte head) {
        return (head & 0xe0U) == 0xa0U || (head >= 0xd9 && head <= 0xdb);
    }
    bool read_text(Byte head, std::string_view& text) {
        return head < 0xc0 ? read_bytes(head & 0x1fU, text) : read_long_text(head, text);
    }
    bool read_long_text(Byte head, std::string_view& text);

    bool has(std::size_t bytes) {
        return static_cast<std::size_t>(end_ - at_) >= bytes ||
               builder_.fail("the MessagePack ends before its value does");
    }
    /// A number of 1, 2, 4 or 8 bytes.
    bool read_big_endian(std::size_t bytes, std::uint64_t& number);
    /// The count or size of something; canonical from `least` on.
    bool read_size(std::size_t bytes, std::uint32_t least, std::uint32_t& size);
    bool read_bytes(std::size_t size, std::string_view& bytes) {
        if (!has(size)) return false;
        bytes = {at_, size};
        at_ += size;
        return true;
    }
    bool fits(std::uint32_t count, std::size_t bytes_each) {
        const auto frame_bytes = static_cast<std::size_t>(end_ - begin_);
        return count <= frame_bytes / bytes_each ||
               builder_.fail("declares " + std::to_string(count) + " elements in a frame of " +
                             std::to_string(frame_bytes) + " bytes");
    }
    /// What was read last could be written in fewer bytes, or in another way.
    void not_canonical() { last_loose_ = at_; }

    const char* const begin_;
    const char* at_;
    const char* const end_;
    const char* last_loose_ = begin_;  ///< behind the last encoding that is not canonical
    DocumentBuilder& builder_;
};

bool Reader::read_big_endian(std::size_t bytes, std::uint64_t& number) {
    if (!has(bytes)) return false;
    number = 0;
    for (std::size_t i = 0; i < bytes; ++i) number = number << 8 | static_cast<Byte>(*at_++);
    return true;
}

bool Reader::read_size(std::size_t bytes, std::uint32_t least, std::uint32_t& size) {
    std::uint64_t number = 0;
    if (!read_big_endian(bytes, number)) return false;
    size = static_cast<std::uint32_t>(number);
    if (size < least) not_canonical();
    return true;
}

bool Reader::read_long_text(Byte head, std::string_view& text) {
    std::uint32_t size = 0;
    if (head == 0xd9 && !read_size(1, 32, size)) return false;
    if (head == 0xda && !read_size(2, 256, size)) return false;
    if (head == 0xdb && !read_size(4, 65536, size)) return false;
    return read_bytes(size, text);
}

bool Reader::key() {
    if (!has(1)) return false;
    const auto head = static_cast<Byte>(*at_++);
    if (!is_text(head)) return builder_.fail("a map key is not a string");
    std::string_view name;
    return read_text(head, name) && builder_.key(name);
}

bool Reader::value() {
    if (!has(1)) return false;
    const auto head = static_cast<Byte>(*at_++);
    if (head < 0x80) return builder_.unsigned_integer(head);
    if (head < 0x90) return map(head & 0x0fU);
    if (head < 0xa0) return array(head & 0x0fU);
    if (is_text(head)) {
        std::string_view text;
        return read_text(head, text) && builder_.text(text);
    }
    if (head >= 0xe0) return builder_.integer(static_cast<std::int8_t>(head));
    return wide_value(head);
}

bool Reader::wide_value(Byte head) {
    std::uint32_t count = 0;
    switch (head) {
        case 0xc0:
            return builder_.null();
        case 0xc2:
        case 0xc3:
            return builder_.boolean(head == 0xc3);
        case 0xc4:
            return binary(1, 0);
        case 0xc5:
            return binary(2, 0x100);
        case 0xc6:
            return binary(4, 0x10000);
        case 0xca:
            return real(4);
        case 0xcb:
            return real(8);
        case 0xcc:
            return unsigned_integer(1, 0x80);
        case 0xcd:
            return unsigned_integer(2, 0x100);
        case 0xce:
            return unsigned_integer(4, 0x10000);
        case 0xcf:
            return unsigned_integer(8, 0x100000000);
        case 0xd0:
            return signed_integer<std::int8_t>(-33);
        case 0xd1:
            return signed_integer<std::int16_t>(std::numeric_limits<std::int8_t>::min() - 1LL);
        case 0xd2:
            return signed_integer<std::int32_t>(std::numeric_limits<std::int16_t>::min() - 1LL);
        case 0xd3:
            return signed_integer<std::int64_t>(std::numeric_limits<std::int32_t>::min() - 1LL);
        case 0xdc:
            return read_size(2, 16, count) && array(count);
        case 0xdd:
            return read_size(4, 65536, count) && array(count);
        case 0xde:
            return read_size(2, 16, count) && map(count);
        case 0xdf:
            return read_size(4, 65536, count) && map(count);
        case 0xc1:
            return builder_.fail("no MessagePack: a reserved byte");
        default:
            return builder_.fail("extension types have no meaning here");
    }
}

bool Reader::unsigned_integer(std::size_t bytes, std::uint64_t least) {
    std::uint64_t number = 0;
    if (!read_big_endian(bytes, number)) return false;
    if (number < least) not_canonical();
    return builder_.unsigned_integer(number);
}

/// Canonical up to `greatest`.
template <class Number>
bool Reader::signed_integer(std::int64_t greatest) {
    std::uint64_t bits = 0;
    if (!read_big_endian(sizeof(Number), bits)) return false;
    const std::int64_t number = static_cast<Number>(bits);
    if (number > greatest) not_canonical();
    return builder_.integer(number);
}

bool Reader::real(std::size_t bytes) {
    std::uint64_t bits = 0;
    if (!read_big_endian(bytes, bits)) return false;
    double number = 0;
    if (bytes == sizeof(float)) {
        not_canonical();
        const auto narrow_bits = static_cast<std::uint32_t>(bits);
        float narrow = 0;
        std::memcpy(&narrow, &narrow_bits, sizeof narrow);
        number = narrow;
    } else {
        std::memcpy(&number, &bits, sizeof number);
    }
    return builder_.real(number);
}

bool Reader::binary(std::size_t size_bytes, std::uint32_t least) {
    std::uint32_t size = 0;
    std::string_view bytes;
    return read_size(size_bytes, least, size) && read_bytes(size, bytes) && builder_.binary(bytes);
}

bool Reader::array(std::uint32_t count) {
    const char* const start = at_;
    if (!fits(count, 1) || !builder_.begin_array()) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!value()) return false;
    }
    return builder_.end(last_loose_ < start ? at_ : nullptr);
}

bool Reader::map(std::uint32_t count) {
    const char* const start = at_;
    if (!fits(count, 2) || !builder_.begin_map()) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!key() || !value()) return false;
    }
    return builder_.end(last_loose_ < start ? at_ : nullptr);
}

}  // namespace

std::optional<Error> parse_msgpack(std::string_view bytes, const DecodeLimits& limits,
                                   Document& document) {
    DocumentBuilder builder(document, limits);
    Reader reader(bytes, builder);
    if (reader.whole()) return std::nullopt;
    Error error = *builder.error();
    error.offset = reader.offset();
    return error;
}

}  // namespace zex::wire
