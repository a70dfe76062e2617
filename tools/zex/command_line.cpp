#include "tools/zex/command_line.h"

#include <algorithm>
#include <optional>

#include "common/base/text.h"
#include "tools/zex/printable.h"

namespace zex::tool {
namespace {

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        names.push_back(command->get_name());
    }
    return names;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known,
                         const char* quote) {
    const auto near = nearest(word, known);
    return near ? "; did you mean " + (quote + std::string(*near)) + quote + "?" : "";
}

/// The command that the words reach, and the options that may stand there.
struct Reached {
    const CLI::App* command;
    std::vector<std::string> options;
};

void add_options(const CLI::App& app, std::vector<std::string>& options) {
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
        for (const std::string& name : option->get_snames()) options.push_back("-" + name);
    }
}

const CLI::App* command_named(const CLI::App& parent, const std::string& name) {
    for (const CLI::App* command : parent.get_subcommands(nullptr)) {
        if (command->get_name() == name) return command;
    }
    return nullptr;
}

Reached reached_by(const CLI::App& app, const std::vector<std::string>& words) {
    Reached reached{&app, {}};
    add_options(app, reached.options);
    for (const std::string& word : words) {
        const CLI::App* next = command_named(*reached.command, word);
        if (next == nullptr) continue;
        reached.command = next;
        add_options(*next, reached.options);
    }
    return reached;
}

/// The first word that looks like an option and is none.
std::optional<std::string> unknown_option(const Reached& reached,
                                          const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (word == "--") return std::nullopt;
        if (word.size() < 3 || !word.starts_with("--")) continue;
        const std::string name = word.substr(0, word.find('='));
        const auto& known = reached.options;
        if (std::find(known.begin(), known.end(), name) == known.end()) return name;
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::string> understood(const CLI::App& app, std::vector<std::string> words) {
    if (words.empty()) return {"--help"};
    if (words[0] == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    const auto names = command_names(app);
    if (words.size() > 1 && (words[0] == "list" || words[0] == "show") &&
        std::find(names.begin(), names.end(), words[1]) != names.end()) {
        words.erase(words.begin());
    }
    return words;
}

std::string usage_error(const CLI::App& app, const CLI::Error& wrong,
                        const std::vector<std::string>& words) {
    const char* const see = " (see zex --help)";
    if (!words[0].starts_with("-") && command_named(app, words[0]) == nullptr) {
        return "no command '" + printable(words[0]) + "'" +
               did_you_mean(words[0], command_names(app), "'") + see;
    }
    const Reached reached = reached_by(app, words);
    if (const auto option = unknown_option(reached, words)) {
        return "unknown option " + printable(*option) + did_you_mean(*option, reached.options, "") +
               see;
    }
    const bool group = !reached.command->get_subcommands(nullptr).empty();
    if (reached.command != &app && group) {
        const std::string& last = words.back();
        const auto names = command_names(*reached.command);
        if (last != reached.command->get_name()) {
            return "no command '" + reached.command->get_name() + " " + printable(last) + "'" +
                   did_you_mean(last, names, "'") + see;
        }
    }
    return wrong.what() + std::string(see);
}

}  // namespace zex::tool
