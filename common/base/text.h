// Rules about text that both ends share: what is UTF-8, what may be a name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <zex/error.hpp>

namespace zex {

/// The offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no surrogates,
/// no overlong forms, nothing above U+10FFFF), or nothing.
std::optional<std::size_t> find_bad_utf8(std::string_view text);

/// Exchange, queue, consumer and session names: 1 to 255 bytes of UTF-8 without control
/// characters (below 0x20 and 0x7f). Gives `bad_name` naming `field`.
std::optional<Error> check_name(std::string_view name, std::string_view field);

/// Routing keys: as names, but may be empty.
std::optional<Error> check_key(std::string_view key, std::string_view field);

/// Names beginning with "$", "amq." or "zex." belong to the broker.
bool is_reserved_name(std::string_view name);

/// The text with control characters and bad bytes as \xNN, cut at `limit` bytes, for logs and
/// error sentences.
std::string escaped(std::string_view text, std::size_t limit = 80);

/// The candidate nearest to `word` within two edits, or nothing: for "did you mean".
template <class Candidates>
std::optional<std::string_view> nearest(std::string_view word, const Candidates& candidates);

/// Edits (insert, delete, replace, swap of neighbours) from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

template <class Candidates>
std::optional<std::string_view> nearest(std::string_view word, const Candidates& candidates) {
    std::optional<std::string_view> best;
    std::size_t best_distance = 3;
    for (std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance && distance < word.size()) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace zex
