// What stands before each ZMTP frame: flags and a length, in 2 or 9 bytes. Pure.
//
// Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zex::net::zmtp {

struct FrameHeader {
    bool more = false;     ///< another frame of the same message follows
    bool command = false;  ///< a command, not part of a message
    std::uint64_t size = 0;
    std::size_t header_size = 0;
};

inline constexpr std::size_t frame_header_max = 9;

enum class HeaderState : std::uint8_t { whole, incomplete, malformed };

/// Reads the header that `bytes` begin with.
HeaderState read_header(std::string_view bytes, FrameHeader& header);

/// Writes the header and gives its size; `header_size` is not looked at.
std::size_t write_header(const FrameHeader& header, std::array<char, frame_header_max>& out);

}  // namespace zex::net::zmtp
