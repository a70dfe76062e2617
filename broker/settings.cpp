#include "broker/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "common/base/check.h"
#include "common/base/text.h"

namespace zex {
namespace {

std::string with(std::string_view key, char separator, char from) {
    std::string out(key);
    std::replace(out.begin(), out.end(), '.', separator);
    std::replace(out.begin(), out.end(), from, separator);
    return out;
}

Error unusable(const Option& option, std::string_view origin, const std::string& what) {
    return error(ErrorCode::bad_argument,
                 std::string(origin) + " " + what + "; expected " + option.expected(),
                 std::string(option.key));
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20;
}

/// Why the value is none for the option, or nothing.
std::optional<std::string> fault(const Option& option, const OptionValue& value) {
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
        if (*number < option.min || *number > option.max) {
            return "= " + std::to_string(*number) + " is out of range";
        }
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        const bool free = option.choices.empty();
        if (free && std::ranges::any_of(*text, is_control)) {
            return "= '" + escaped(*text) + "' has control characters";
        }
        if (!free && std::ranges::find(option.choices, *text) == option.choices.end()) {
            return "= '" + escaped(*text) + "' is not among its values";
        }
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        if (list->size() < option.min || list->size() > option.max) {
            return "has " + std::to_string(list->size()) + " items";
        }
        for (const std::string& item : *list) {
            if (const auto bad = check_name(item, "item")) return "is not usable: " + bad->reason;
        }
    }
    return std::nullopt;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> items;
    while (true) {
        const auto comma = text.find(',');
        items.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return items;
        text.remove_prefix(comma + 1);
    }
}

std::optional<OptionValue> parse_text(const OptionValue& like, std::string_view text) {
    if (std::holds_alternative<std::string>(like)) return std::string(text);
    if (std::holds_alternative<std::vector<std::string>>(like)) return split(text);
    if (std::holds_alternative<bool>(like)) {
        if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
        if (text == "false" || text == "0" || text == "no" || text == "off") return false;
        return std::nullopt;
    }
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// A tcp endpoint's host that only this machine can reach. "127.0.0.1.example.org" is none.
bool is_loopback(std::string_view host) {
    if (host == "localhost" || host == "[::1]") return true;
    int parts = 0;
    bool first_is_127 = false;
    while (true) {
        const auto dot = host.find('.');
        const std::string part(host.substr(0, dot));
        const bool digits = !part.empty() && part.size() <= 3 &&
                            part.find_first_not_of("0123456789") == std::string::npos;
        if (!digits || std::stoi(part) > 255) return false;
        if (parts++ == 0) first_is_127 = part == "127";
        if (dot == std::string_view::npos) return parts == 4 && first_is_127;
        host.remove_prefix(dot + 1);
    }
}

bool is_port(std::string_view text) {
    if (text == "*") return true;
    std::uint32_t port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failure == std::errc() && end == text.data() + text.size() && port <= 65'535;
}

/// What is wrong with the endpoint, or nothing.
std::optional<std::string> endpoint_fault(std::string_view endpoint, bool allow_insecure) {
    constexpr std::size_t unix_path_max = 107;
    const auto scheme_end = endpoint.find("://");
    const std::string_view scheme = endpoint.substr(0, scheme_end);
    const std::string_view place =
        scheme_end == std::string_view::npos ? "" : endpoint.substr(scheme_end + 3);
    if (place.empty() || (scheme != "tcp" && scheme != "ipc" && scheme != "inproc")) {
        return "is not of the form tcp://HOST:PORT, ipc://PATH or inproc://NAME";
    }
    if (scheme == "inproc") return std::nullopt;
    if (scheme == "ipc") {
        if (place.size() <= unix_path_max) return std::nullopt;
        return "has a path longer than 107 bytes";
    }
    const auto colon = place.rfind(':');
    if (colon == 0 || colon == std::string_view::npos || !is_port(place.substr(colon + 1))) {
        return "has no host and port; give tcp://HOST:PORT with a port of 0 to 65535 or *";
    }
    if (allow_insecure || is_loopback(place.substr(0, colon))) return std::nullopt;
    return "can be reached from other machines, without encryption or password; listen on "
           "127.0.0.1, or allow it with --allow-insecure-bind";
}

}  // namespace

std::string Option::flag() const {
    return short_flag.empty() ? "--" + with(key, '-', '_') : std::string(short_flag);
}

std::string Option::variable() const {
    std::string name = "ZEXD_" + with(key, '_', '-');
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

OptionValue Option::value(const Settings& settings) const {
    Settings copy = settings;
    return std::visit([](auto* place) -> OptionValue { return *place; }, field(copy));
}

std::string Option::expected() const {
    const OptionValue like = value({});
    if (std::holds_alternative<bool>(like)) return "true or false";
    const std::string least = std::to_string(min);
    const std::string most = std::to_string(max);
    if (std::holds_alternative<std::vector<std::string>>(like)) {
        return "a list of " + least + " to " + most + " strings";
    }
    if (std::holds_alternative<std::uint64_t>(like)) {
        const bool bounded = max != std::numeric_limits<std::int64_t>::max();
        return "a whole number of " + std::string(unit) +
               (bounded ? " from " + least + " to " + most : ", at least " + least);
    }
    if (choices.empty()) return "text";
    std::string words;
    for (std::string_view choice : choices) {
        words += (words.empty() ? "" : choice == choices.back() ? " or " : ", ");
        words += choice;
    }
    return words;
}

Status assign(const Option& option, const OptionValue& value, std::string_view origin,
              Settings& settings) {
    if (value.index() != option.value(settings).index()) {
        return unusable(option, origin, "= " + toml_text(value) + " has the wrong type");
    }
    if (const auto what = fault(option, value)) return unusable(option, origin, *what);
    std::visit(
        [&value](auto* place) {
            *place = std::get<std::remove_reference_t<decltype(*place)>>(value);
        },
        option.field(settings));
    return {};
}

Status assign_text(const Option& option, std::string_view text, std::string_view origin,
                   Settings& settings) {
    const auto value = parse_text(option.value(settings), text);
    if (!value) return unusable(option, origin, "= '" + escaped(text) + "' is not usable");
    return assign(option, *value, origin, settings);
}

namespace {

void check_listen(const Settings& settings, std::vector<Error>& mistakes) {
    for (const std::string& endpoint : settings.listen.endpoints) {
        const auto what = endpoint_fault(endpoint, settings.listen.allow_insecure_bind);
        if (!what) continue;
        mistakes.push_back(error(ErrorCode::bad_argument,
                                 "endpoint '" + escaped(endpoint) + "' " + *what,
                                 "listen.endpoints"));
    }
}

}  // namespace

void check_settings(const Settings& settings, std::vector<Error>& mistakes) {
    struct Order {
        std::string_view low, high;
    };
    static constexpr auto orders = std::to_array<Order>({
        {"session.heartbeat_min_ms", "session.heartbeat_ms"},
        {"session.heartbeat_ms", "session.heartbeat_timeout_ms"},
        {"session.grace_ms", "session.grace_max_ms"},
        {"limits.message_bytes_max", "limits.unread_bytes_max"},
        {"delivery.credit", "delivery.credit_max"},
    });
    const auto number = [&settings](std::string_view key) {
        const auto row = std::ranges::find(option_table(), key, &Option::key);
        ZEX_CHECK(row != option_table().end());
        return std::get<std::uint64_t>(row->value(settings));
    };
    for (const auto& [low, high] : orders) {
        if (number(low) <= number(high)) continue;
        mistakes.push_back(error(ErrorCode::bad_argument,
                                 std::string(low) + " = " + std::to_string(number(low)) +
                                     " is more than " + std::string(high) + " = " +
                                     std::to_string(number(high)) +
                                     "; lower the first or raise the second",
                                 std::string(low)));
    }
    check_listen(settings, mistakes);
}

Status check_settings(const Settings& settings) {
    std::vector<Error> mistakes;
    check_settings(settings, mistakes);
    if (mistakes.empty()) return {};
    return mistakes.front();
}

}  // namespace zex
