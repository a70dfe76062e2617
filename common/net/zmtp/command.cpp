#include "common/net/zmtp/command.h"

#include <algorithm>
#include <array>

#include "common/base/check.h"
#include "common/net/zmtp/frame_header.h"

namespace zex::net::zmtp {
namespace {

constexpr std::size_t short_text_max = 255;
constexpr std::size_t value_size_bytes = 4;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<Command> read_command(std::string_view frame) {
    if (frame.empty()) return std::nullopt;
    const auto name_size = static_cast<std::uint8_t>(frame[0]);
    if (name_size == 0 || frame.size() < std::size_t{1} + name_size) return std::nullopt;
    return Command{frame.substr(1, name_size), frame.substr(std::size_t{1} + name_size)};
}

std::string command_frame(std::string_view name, std::string_view data) {
    ZEX_CHECK(!name.empty() && name.size() <= short_text_max);
    FrameHeader header;
    header.command = true;
    header.size = 1 + name.size() + data.size();
    std::array<char, frame_header_max> bytes{};
    const std::size_t header_size = write_header(header, bytes);
    std::string frame(bytes.data(), header_size);
    frame += static_cast<char>(name.size());
    frame += name;
    frame += data;
    return frame;
}

std::string error_frame(std::string_view reason) {
    reason = reason.substr(0, short_text_max);
    return command_frame("ERROR", static_cast<char>(reason.size()) + std::string(reason));
}

void add_property(std::string& data, std::string_view name, std::string_view value) {
    ZEX_CHECK(!name.empty() && name.size() <= short_text_max);
    data += static_cast<char>(name.size());
    data += name;
    for (std::size_t i = value_size_bytes; i-- > 0;) {
        data += static_cast<char>(value.size() >> (8 * i));
    }
    data += value;
}

std::optional<std::string_view> find_property(std::string_view data, std::string_view name,
                                              bool& whole) {
    std::optional<std::string_view> found;
    whole = false;
    while (!data.empty()) {
        const auto name_size = static_cast<std::uint8_t>(data[0]);
        if (name_size == 0 || data.size() < 1 + name_size + value_size_bytes) return std::nullopt;
        const std::string_view named = data.substr(1, name_size);
        data.remove_prefix(std::size_t{1} + name_size);
        std::uint64_t value_size = 0;
        for (std::size_t i = 0; i < value_size_bytes; ++i) {
            value_size = value_size << 8 | static_cast<std::uint8_t>(data[i]);
        }
        data.remove_prefix(value_size_bytes);
        if (value_size > data.size()) return std::nullopt;
        if (!found && same_name(named, name)) found = data.substr(0, value_size);
        data.remove_prefix(value_size);
    }
    whole = true;
    return found;
}

}  // namespace zex::net::zmtp
