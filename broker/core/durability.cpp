#include "broker/core/durability.h"

#include <charconv>
#include <system_error>

namespace zex::core {
namespace {

constexpr std::string_view interval_word = "interval ";

}  // namespace

std::optional<QueueDurability> parse_durability(std::string_view text) {
    if (text.empty() || text == "sync") return QueueDurability{facts::Durability::sync, 0};
    if (text == "none") return QueueDurability{facts::Durability::none, 0};
    if (!text.starts_with(interval_word)) return std::nullopt;
    text.remove_prefix(interval_word.size());
    std::uint64_t ms = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), ms);
    const bool whole = failure == std::errc() && end == text.data() + text.size();
    if (!whole || ms == 0 || ms > interval_most_ms) return std::nullopt;
    return QueueDurability{facts::Durability::interval, ms};
}

std::string text_of(const QueueDurability& durability) {
    switch (durability.kind) {
        case facts::Durability::sync:
            return "sync";
        case facts::Durability::interval:
            return std::string(interval_word) + std::to_string(durability.interval_ms);
        case facts::Durability::none:
            break;
    }
    return "none";
}

}  // namespace zex::core
