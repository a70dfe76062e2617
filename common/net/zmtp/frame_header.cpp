#include "common/net/zmtp/frame_header.h"

namespace zex::net::zmtp {
namespace {

constexpr std::uint8_t flag_more = 1;
constexpr std::uint8_t flag_long = 2;
constexpr std::uint8_t flag_command = 4;

}  // namespace

HeaderState read_header(std::string_view bytes, FrameHeader& header) {
    if (bytes.empty()) return HeaderState::incomplete;
    const auto flags = static_cast<std::uint8_t>(bytes[0]);
    if ((flags & ~(flag_more | flag_long | flag_command)) != 0) return HeaderState::malformed;
    header.more = (flags & flag_more) != 0;
    header.command = (flags & flag_command) != 0;
    if (header.more && header.command) return HeaderState::malformed;
    const std::size_t size_bytes = (flags & flag_long) != 0 ? 8 : 1;
    header.header_size = 1 + size_bytes;
    if (bytes.size() < header.header_size) return HeaderState::incomplete;
    header.size = 0;
    for (std::size_t i = 1; i <= size_bytes; ++i) {
        header.size = header.size << 8 | static_cast<std::uint8_t>(bytes[i]);
    }
    return header.size >> 63 != 0 ? HeaderState::malformed : HeaderState::whole;
}

std::size_t write_header(const FrameHeader& header, std::array<char, frame_header_max>& out) {
    const bool is_long = header.size > 255;
    const std::size_t size_bytes = is_long ? 8 : 1;
    out[0] = static_cast<char>((header.more ? flag_more : 0) | (is_long ? flag_long : 0) |
                               (header.command ? flag_command : 0));
    for (std::size_t i = 0; i < size_bytes; ++i) {
        out[size_bytes - i] = static_cast<char>(header.size >> (8 * i));
    }
    return 1 + size_bytes;
}

}  // namespace zex::net::zmtp
