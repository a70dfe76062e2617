#include <algorithm>
#include <sstream>

#include <toml++/toml.h>

#include "broker/settings.h"
#include "common/base/text.h"

namespace zex {
namespace {

/// "zexd.toml:3:7: "
std::string at(std::string_view file_name, const toml::source_position& position) {
    return std::string(file_name) + ":" + std::to_string(position.line) + ":" +
           std::to_string(position.column) + ": ";
}

Error refuse(std::string reason, std::string_view key) {
    return error(ErrorCode::bad_argument, std::move(reason), std::string(key));
}

/// A basic string of TOML.
std::string quoted(std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out = "\"";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (byte < 0x20 || byte == 0x7F) {
            out += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        } else {
            out += c;
        }
    }
    return out + "\"";
}

/// "; did you mean 'limits'?" or nothing.
std::string hint(std::string_view word, const std::vector<std::string_view>& candidates) {
    const auto near = nearest(word, candidates);
    return near ? "; did you mean '" + std::string(*near) + "'?" : "";
}

/// A name that no row has: tries the names of its section, then those of all others.
std::string hint_for_key(std::string_view section, std::string_view name) {
    std::vector<std::string_view> names;
    for (const Option& option : option_table()) {
        if (option.section() == section) names.push_back(option.name());
    }
    if (auto found = hint(name, names); !found.empty()) return found;
    for (const Option& option : option_table()) {
        if (option.name() != name) continue;
        return "; '" + std::string(name) + "' belongs under [" + std::string(option.section()) +
               "]";
    }
    return {};
}

std::string hint_for_section(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Option& option : option_table()) names.push_back(option.section());
    auto found = hint(name, names);
    return found.empty() ? hint_for_key("", name) : found;
}

/// The node as the kind of value that options have, or what it is instead.
Result<OptionValue> option_value(const toml::node& node) {
    if (const auto* flag = node.as_boolean()) return OptionValue(flag->get());
    if (const auto* text = node.as_string()) return OptionValue(text->get());
    if (const auto* number = node.as_integer()) {
        if (number->get() < 0) return refuse("is negative", "");
        return OptionValue(static_cast<std::uint64_t>(number->get()));
    }
    if (const auto* array = node.as_array()) {
        std::vector<std::string> items;
        for (const toml::node& item : *array) {
            if (!item.is_string()) return refuse("has an item that is no string", "");
            items.push_back(item.as_string()->get());
        }
        return OptionValue(std::move(items));
    }
    std::ostringstream type;
    type << node.type();
    return refuse("is of type " + type.str(), "");
}

Status read_option(const toml::key& name, const toml::node& node, std::string_view section,
                   std::string_view file_name, Settings& settings) {
    const std::string key = std::string(section) + "." + std::string(name.str());
    const std::string where = at(file_name, name.source().begin);
    for (const Option& option : option_table()) {
        if (option.key != key) continue;
        const auto value = option_value(node);
        if (value) return assign(option, *value, where + key, settings);
        return refuse(where + key + " " + value.error().reason + "; expected " + option.expected(),
                      key);
    }
    return refuse(where + "unknown key '" + escaped(key) + "'" + hint_for_key(section, name.str()),
                  key);
}

void read_section(const toml::key& name, const toml::node& node, std::string_view file_name,
                  Settings& settings, std::vector<Error>& mistakes) {
    const bool known = std::ranges::any_of(
        option_table(), [&name](const Option& row) { return row.section() == name.str(); });
    const std::string where = at(file_name, name.source().begin);
    const std::string title = "'" + escaped(name.str()) + "'";
    if (!known) {
        const char* what = node.is_table() ? "unknown section " : "unknown key ";
        mistakes.push_back(refuse(where + what + title + hint_for_section(name.str()), name.str()));
        return;
    }
    const toml::table* section = node.as_table();
    if (section == nullptr) {
        mistakes.push_back(refuse(where + title + " is a section, not a value", name.str()));
        return;
    }
    for (const auto& [key, value] : *section) {
        const Status read = read_option(key, value, name.str(), file_name, settings);
        if (!read) mistakes.push_back(read.error());
    }
}

}  // namespace

void read_settings_toml(std::string_view text, std::string_view file_name, Settings& settings,
                        std::vector<Error>& mistakes) {
    try {
        const toml::table document = toml::parse(text, file_name);
        for (const auto& [name, node] : document) {
            read_section(name, node, file_name, settings, mistakes);
        }
    } catch (const toml::parse_error& failure) {
        const std::string where = at(file_name, failure.source().begin);
        mistakes.push_back(refuse(where + std::string(failure.description()), ""));
    }
}

Result<Settings> parse_settings_toml(std::string_view text, std::string_view file_name,
                                     Settings base) {
    std::vector<Error> mistakes;
    read_settings_toml(text, file_name, base, mistakes);
    if (!mistakes.empty()) return mistakes.front();
    return base;
}

std::string toml_text(const OptionValue& value) {
    std::ostringstream out;
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        for (const std::string& item : *list) {
            out << (out.tellp() == 0 ? "[" : ", ") << toml_text(item);
        }
        return list->empty() ? "[]" : out.str() + "]";
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        out << quoted(*text);
    } else if (const auto* number = std::get_if<std::uint64_t>(&value)) {
        out << *number;
    } else {
        out << std::boolalpha << std::get<bool>(value);
    }
    return out.str();
}

}  // namespace zex
