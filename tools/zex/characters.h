// What a terminal makes of a character: how many columns it takes, and whether it could be taken
// for another one or for nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zex::tool {

/// Takes the first character off well-formed UTF-8. Requires that `text` is not empty.
char32_t take_character(std::string_view& text);

/// 0 for combining and zero-width characters, 2 for East Asian wide ones and emoji, else 1.
std::size_t columns_of(char32_t character);

/// Turns the direction of what follows it: a name could show as another.
bool is_bidi_control(char32_t character);

/// Shows as nothing, or as a space that is none.
bool is_invisible(char32_t character);

/// The name, without control characters, with what could be taken for another character written
/// as \u{NNNN}: invisible ones, and Greek or Cyrillic letters beside Latin ones.
std::string unmistakable(std::string_view name);

}  // namespace zex::tool
