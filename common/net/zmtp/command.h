// ZMTP commands: a name and data in one frame, and the properties that some of them carry. Pure.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zex::net::zmtp {

struct Command {
    std::string_view name;
    std::string_view data;
};

/// The command in the bytes of one frame, or nothing where there is none.
std::optional<Command> read_command(std::string_view frame);

/// A whole frame, with its header.
std::string command_frame(std::string_view name, std::string_view data);

/// The frame of an ERROR command. At most 255 bytes of the reason are sent.
std::string error_frame(std::string_view reason);

/// One property more of a READY command, in the form in which it is sent.
void add_property(std::string& data, std::string_view name, std::string_view value);

/// Finds a property by its name, whatever the case of its letters. `whole` becomes false where the
/// properties are malformed. Of two with one name the first counts.
std::optional<std::string_view> find_property(std::string_view data, std::string_view name,
                                              bool& whole);

}  // namespace zex::net::zmtp
